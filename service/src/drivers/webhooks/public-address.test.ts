import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress } from './public-address.ts';

const ALL_ONES = (start: string) => `${start}${':ffff'.repeat(8 - start.split(':').length)}`;

/** Ranges by their first and last address, and the public addresses just outside, where there are any. */
const RANGES: readonly (readonly [name: string, first: string, last: string, ...outside: string[]])[] = [
  ['this network', '0.0.0.0', '0.255.255.255', '1.0.0.0'],
  ['private 10/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['shared (CGNAT)', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['loopback', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ["Azure's host", '168.63.129.16', '168.63.129.16', '168.63.129.15', '168.63.129.17'],
  ['link-local', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['private 172.16/12', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['protocol assignments', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['documentation 1', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['AS112 by DNAME', '192.31.196.0', '192.31.196.255', '192.31.195.255', '192.31.197.0'],
  ['AMT', '192.52.193.0', '192.52.193.255', '192.52.192.255', '192.52.194.0'],
  ['relays of 6to4', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['private 192.168/16', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['AS112', '192.175.48.0', '192.175.48.255', '192.175.47.255', '192.175.49.0'],
  ['benchmarks', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['documentation 2', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['documentation 3', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['multicast', '224.0.0.0', '239.255.255.255', '223.255.255.255'],
  ['reserved', '240.0.0.0', '255.255.255.254'],
  ['broadcast', '255.255.255.255', '255.255.255.255'],

  ['below global unicast', '::', ALL_ONES('1fff'), '2000::'],
  ['unspecified', '::', '::'],
  ['loopback of IPv6', '::1', '::1'],
  ['IPv4-compatible', '::', '::ffff:ffff'],
  ['IPv4-mapped', '::ffff:0:0', '::ffff:ffff:ffff'],
  ['IPv4-translated', '::ffff:0:0:0', '::ffff:0:ffff:ffff'],
  ['NAT64', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['NAT64 of a network', '64:ff9b:1::', ALL_ONES('64:ff9b:1')],
  ['discard', '100::', ALL_ONES('100:0:0:0')],
  ['dummy', '100:0:0:1::', ALL_ONES('100:0:0:1')],
  ['protocol assignments of IPv6', '2001::', ALL_ONES('2001:1ff'), ALL_ONES('2000'), '2001:200::'],
  ['Teredo', '2001::', ALL_ONES('2001:0')],
  ['benchmarks of IPv6', '2001:2::', ALL_ONES('2001:2:0')],
  ['ORCHID', '2001:10::', ALL_ONES('2001:1f')],
  ['ORCHIDv2', '2001:20::', ALL_ONES('2001:2f')],
  ['documentation of IPv6', '2001:db8::', ALL_ONES('2001:db8'), ALL_ONES('2001:db7'), '2001:db9::'],
  ['6to4', '2002::', ALL_ONES('2002'), ALL_ONES('2001'), '2003::'],
  ['AS112 of IPv6', '2620:4f:8000::', ALL_ONES('2620:4f:8000'), ALL_ONES('2620:4f:7fff'), '2620:4f:8001::'],
  ['documentation 2 of IPv6', '3fff::', ALL_ONES('3fff:fff'), ALL_ONES('3ffe'), '3fff:1000::'],
  ['above global unicast', '4000::', ALL_ONES('ffff'), ALL_ONES('3fff')],
  ['segment routing', '5f00::', ALL_ONES('5f00')],
  ['unique local', 'fc00::', ALL_ONES('fdff')],
  ['link-local of IPv6', 'fe80::', ALL_ONES('febf')],
  ['site-local', 'fec0::', ALL_ONES('feff')],
  ['multicast of IPv6', 'ff00::', ALL_ONES('ffff')],
];

describe('an address', () => {
  test.each(RANGES)('is not public from the first to the last of %s', (_name, first, last, ...outside) => {
    expect([first, last].filter(isPublicAddress)).toEqual([]);
    expect(outside.filter((address) => !isPublicAddress(address))).toEqual([]);
  });

  test.each(['1.1.1.1', '8.8.8.8', '93.184.215.14', '2606:4700:4700::1111', '2a00:1450:4001:82a::200e'])(
    'of a server on the internet is public (%s)',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    'fd00:ec2::254',
    '100.100.100.200',
    '192.0.0.192',
    'fd20:ce::254',
  ])("of a cloud's metadata is not (%s)", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test('of IPv4 inside one of IPv6 is not public, whatever it is', () => {
    const byte = fc.nat(255);
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
        const inside = [
          `::${a}.${b}.${c}.${d}`,
          `::ffff:${a}.${b}.${c}.${d}`,
          `0:0:0:0:0:ffff:${high}:${low}`,
          `::ffff:0:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `64:ff9b:1::${high}:${low}`,
          `2002:${high}:${low}::1`,
          `2001:0:${high}:${low}::`,
        ];
        expect(inside.filter(isPublicAddress)).toEqual([]);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test.each([
    '',
    'example.com',
    '1.1.1',
    '1.1.1.1.',
    '01.1.1.1',
    '0x1.1.1.1',
    '1.1.1.1:443',
    '[2606::1]',
    '2606::1%eth0',
    ' 1.1.1.1',
  ])('that is none, or has a zone, is not public (%j)', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });
});
