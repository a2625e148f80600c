import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import type { Env } from '../context.ts';
import { callerAddress, createTrustedProxies, networkOf } from './caller-address.ts';

const PROXIES = ['10.0.0.0/8', '192.0.2.1', '2001:db8:1::/48', '::1'];

/** The address that is found where the socket comes from `socket` and the headers say `forwarded`. */
async function found(
  socket: string | undefined,
  forwarded: string | readonly string[] = [],
  proxies: readonly string[] = PROXIES,
): Promise<string | undefined> {
  const app = new Hono<Env>();
  const trusted = createTrustedProxies(proxies);
  app.get('/', (c) => c.json({ address: callerAddress(c, trusted) }));
  const headers = [forwarded].flat().map((value): [string, string] => ['x-forwarded-for', value]);
  const incoming = { socket: { remoteAddress: socket } };
  const response = await app.request('/', { headers }, { incoming } as unknown as Env['Bindings']);
  return ((await response.json()) as { address?: string }).address;
}

describe("the caller's address", () => {
  test.each([
    ['the socket, where it is nobody we trust', '203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['the socket, in whatever form it is spelled', '::ffff:203.0.113.7', [], '203.0.113.7'],
    ['what a trusted proxy says', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['what one says whose IPv4 address comes as IPv6', '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['what one says that is trusted by IPv6', '2001:db8:1:2::9', '198.51.100.1', '198.51.100.1'],
    ['the last that is not a proxy', '10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9,192.0.2.1', '198.51.100.1'],
    ['never what stands before it', '10.1.2.3', '10.0.0.1, 6.6.6.6, 198.51.100.1', '198.51.100.1'],
    [
      'of several headers what is in the last',
      '10.1.2.3',
      ['6.6.6.6', '7.7.7.7, 198.51.100.1'],
      '198.51.100.1',
    ],
    ['the farthest proxy, where all are proxies', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['the proxy itself, where it says nothing', '10.1.2.3', [], '10.1.2.3'],
    ['the proxy itself, where it says nothing that is one', '10.1.2.3', '6.6.6.6, unknown', '10.1.2.3'],
    ['the proxy before what is malformed', '10.1.2.3', '6.6.6.6, 1.2.3, 10.4.4.4', '10.4.4.4'],
    ['without its port', '10.1.2.3', '198.51.100.1:50123', '198.51.100.1'],
    ['without brackets and port', '10.1.2.3', '[2001:db8:9::1]:443', '2001:db8:9::1'],
    ['without its zone', '10.1.2.3', 'fe80::1%eth0', 'fe80::1'],
    ['as IPv4 where it is one', '10.1.2.3', '::ffff:c633:6401', '198.51.100.1'],
  ] as const)('is %s', async (_what, socket, forwarded, expected) => {
    expect(await found(socket, forwarded)).toBe(expected);
  });

  test.each([
    '',
    ',',
    'unknown',
    '_hidden',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.4:',
    ':443',
    '[::1',
    "' OR 1=1",
    '::g',
  ])('%j says nothing', async (entry) => {
    expect(await found('10.1.2.3', `6.6.6.6, ${entry}`)).toBe('10.1.2.3');
  });

  test('is the socket, whatever anybody says, where no proxy is trusted', async () => {
    for (const socket of ['127.0.0.1', '10.1.2.3', '::1']) {
      expect(await found(socket, '198.51.100.1', [])).toBe(socket);
    }
  });

  test('is none where there is no socket', async () => {
    expect(await found(undefined, '198.51.100.1')).toBeUndefined();
  });
});

describe('what is limited as one', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
