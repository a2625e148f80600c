import { describe, expect, test } from 'vitest';
import { clamdAddress, parseClamdAddress } from './clamd-address.ts';

const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port });
const socket = (path: string) => ({ kind: 'socket', path });

describe('the address of clamd', () => {
  test.each([
    ['127.0.0.1:3310', tcp('127.0.0.1', 3310)],
    ['clamav:3310', tcp('clamav', 3310)],
    ['av-1.scanners.example.com:65535', tcp('av-1.scanners.example.com', 65_535)],
    ['[::1]:3310', tcp('::1', 3310)],
    ['[2001:db8::7]:1', tcp('2001:db8::7', 1)],
    ['unix:/run/clamav/clamd.ctl', socket('/run/clamav/clamd.ctl')],
    ['/run/clamav/clamd.ctl', socket('/run/clamav/clamd.ctl')],
    ['/srv/with space:3310', socket('/srv/with space:3310')],
  ])('%s is understood', (text, address) => {
    expect(parseClamdAddress(text)).toEqual(address);
    expect(clamdAddress.parse(text)).toEqual(address);
  });

  test.each([
    '',
    '3310',
    'localhost',
    'localhost:',
    ':3310',
    'localhost:0',
    'localhost:65536',
    'localhost:033100',
    'localhost:http',
    'localhost:3310 ',
    'local host:3310',
    '-x:3310',
    'tcp://localhost:3310',
    'user@localhost:3310',
    '::1:3310',
    '[::1]',
    '[localhost]:3310',
    '[127.0.0.1]:3310',
    '[::1]]:3310',
    'unix:',
    'unix:run/clamd.ctl',
    'run/clamd.ctl',
    './clamd.ctl',
    '/',
    '/run/clamav/',
    '/run/\0clamd.ctl',
  ])('%j is refused, and the error says what would be right', (text) => {
    expect(() => parseClamdAddress(text)).toThrow(
      /^The address of clamd must be host:port, such as 127\.0\.0\.1:3310 .* absolute path of a socket/,
    );
    const [issue, ...others] = clamdAddress.safeParse(text).error?.issues ?? [];
    expect(issue?.message).toMatch(/^must be host:port, such as 127\.0\.0\.1:3310 .*\.ctl$/);
    expect(others).toEqual([]);
  });
});
