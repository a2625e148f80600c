import { describe, expect, test } from 'vitest';
import { hostOf, isAllowedUrl } from './allowed-url.ts';

const isPublic = (text: string) => isAllowedUrl(new URL(text), false);
const isAnything = (text: string) => isAllowedUrl(new URL(text), true);

describe('a URL for messages', () => {
  test.each([
    'https://example.com',
    'https://example.com:443/hooks?key=1#part',
    'https://example.com:1024',
    'https://example.com:8443',
    'https://example.com:65535',
    'https://example.com.',
    'https://EXAMPLE.com',
    'https://bücher.example.com',
    'https://localhost.example.com',
    'https://notlocal.example.com',
    'https://mylocalhost.example.com',
    'https://internal.example.com',
    'https://8.8.8.8',
    'https://134744072',
    'https://[2606:4700:4700::1111]:8443',
  ])('may be one of the internet (%s)', (text) => {
    expect(isPublic(text)).toBe(true);
  });

  test.each([
    'http://example.com',
    'ftp://example.com',
    'ws://example.com',
    'file:///etc/passwd',
    'data:text/plain,x',
    'unix:/run/x.sock',
  ])('is https (%s)', (text) => {
    expect(isPublic(text)).toBe(false);
  });

  test.each([0, 1, 22, 25, 80, 444, 587, 1023])("has a port of https's or of users', not %d", (port) => {
    expect(isPublic(`https://example.com:${port}`)).toBe(false);
    expect(isPublic(`https://8.8.8.8:${port}`)).toBe(false);
  });

  test.each([
    'https://user@example.com',
    'https://user:password@example.com',
    'https://:password@example.com',
  ])('has no credentials, wherever it leads (%s)', (text) => {
    expect(isPublic(text)).toBe(false);
    expect(isAnything(text)).toBe(false);
    expect(isAnything(text.replace('https', 'http'))).toBe(false);
  });

  test.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.1.',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0177.0.0.1',
    '0',
    '0.0.0.0',
    '%31%32%37.0.0.1',
    '127。0。0。1',
    '127.0.0.1',
    '①②⑦.⓪.⓪.①',
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '169.254.43518',
    '0251.0376.0251.0376',
    '10.1',
    '192.168.257',
    '168.63.129.16',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '[0000:0000:0000:0000:0000:FFFF:7F00:0001]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::a9fe:a9fe]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
  ])('has no address inside, however it is written (%s)', (host) => {
    expect(isPublic(`https://${host}/`)).toBe(false);
    expect(isPublic(`https://${host}:8443/`)).toBe(false);
  });

  test.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost..',
    'a.localhost',
    'a.b.localhost.',
    '%6c%6fcalhost',
    'ⓛocalhost',
    'metadata.google.internal',
    'metadata.google.internal.',
    'Metadata.Google.Internal',
    'ip-10-0-0-1.ec2.internal',
    'internal',
    'printer.local',
    'router.home.arpa',
    'home.arpa',
    'metadata',
    'intranet',
    'ai.',
  ])('has no name that means something inside (%s)', (host) => {
    expect(isPublic(`https://${host}/`)).toBe(false);
  });

  test.each([
    'http://127.0.0.1:3000/hook',
    'http://localhost',
    'http://intranet:22',
    'https://10.0.0.1',
    'https://[::1]:444',
    'http://metadata.google.internal',
  ])('may be one inside where that is allowed (%s)', (text) => {
    expect(isAnything(text)).toBe(true);
    expect(isPublic(text)).toBe(false);
  });

  test.each(['ftp://127.0.0.1', 'file:///etc/passwd', 'data:text/plain,x', 'http://.', 'https://..'])(
    'is of HTTP and has a host even then (%s)',
    (text) => {
      expect(isAnything(text)).toBe(false);
    },
  );
});

describe('the host of a URL', () => {
  test.each([
    ['https://example.com:8443', 'example.com'],
    ['https://Example.com.', 'example.com'],
    ['https://[::1]', '::1'],
    ['https://127.1', '127.0.0.1'],
  ])('in %s is %s', (text, host) => {
    expect(hostOf(new URL(text))).toBe(host);
  });
});
