import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { Failure } from './failure.ts';
import { checkedLookup, type Resolve, resolveBySystem } from './public-lookup.ts';

const PUBLIC = [
  { address: '93.184.215.14', family: 4 },
  { address: '2606:4700:4700::1111', family: 6 },
] as const;
const INSIDE = [
  { address: '127.0.0.1', family: 4 },
  { address: '10.0.0.1', family: 4 },
  { address: '169.254.169.254', family: 4 },
  { address: '::1', family: 6 },
  { address: '::ffff:127.0.0.1', family: 6 },
  { address: 'fe80::1%eth0', family: 6 },
] as const;

interface Answer {
  readonly error: unknown;
  readonly address: string | readonly LookupAddress[];
  readonly family: number | undefined;
}

function lookUp(
  resolve: Resolve,
  allowInternal = false,
  options: LookupOptions = { all: true },
): Promise<Answer> {
  return new Promise((settle) => {
    const lookup = checkedLookup(resolve, allowInternal);
    lookup('example.com', options, (error, address, family) => settle({ error, address, family }));
  });
}

const reasonOf = ({ error }: Answer) => (error instanceof Failure ? error.reason : error);

describe('the lookup of a connection', () => {
  test('gives the addresses of the name, in their order', async () => {
    const names: string[] = [];
    const resolve: Resolve = async (name) => {
      names.push(name);
      return PUBLIC;
    };
    expect(await lookUp(resolve)).toMatchObject({ error: null, address: PUBLIC });
    expect(names).toEqual(['example.com']);
  });

  test('gives the first alone to who asks for one', async () => {
    const { address, family } = await lookUp(async () => PUBLIC, false, {});
    expect([address, family]).toEqual(['93.184.215.14', 4]);
  });

  test.each(INSIDE)('gives nothing where the name leads to $address', async (inside) => {
    const orders = [[inside], [inside, ...PUBLIC], [...PUBLIC, inside], [PUBLIC[0], inside, PUBLIC[1]]];
    for (const addresses of orders) {
      for (const options of [{ all: true }, {}]) {
        const answer = await lookUp(async () => addresses, false, options);
        expect(reasonOf(answer)).toBe('address_not_allowed');
        expect(answer.address).toEqual([]);
      }
    }
  });

  test.each(INSIDE)('gives $address where that is allowed', async (inside) => {
    expect(await lookUp(async () => [inside], true)).toMatchObject({ error: null, address: [inside] });
  });

  test('asks anew each time, and gives what that time has answered', async () => {
    const answers: (readonly LookupAddress[])[] = [PUBLIC, [INSIDE[0]]];
    const resolve: Resolve = async () => answers.shift() ?? [];
    expect((await lookUp(resolve)).address).toEqual(PUBLIC);
    expect(reasonOf(await lookUp(resolve))).toBe('address_not_allowed');
  });

  test('says so where there is no such name, or no address', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND example.com'), { code: 'ENOTFOUND' });
    const answer = await lookUp(() => Promise.reject(unknown));
    expect(reasonOf(answer)).toBe('name_not_found');
    expect(answer.error).toMatchObject({ cause: unknown });
    expect(reasonOf(await lookUp(async () => []))).toBe('name_not_found');
  });
});

describe('the machine itself', () => {
  test('knows localhost, which is inside', async () => {
    const addresses = await resolveBySystem('localhost');
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.filter(({ address }) => address !== '127.0.0.1' && address !== '::1')).toEqual([]);
    expect(reasonOf(await lookUp(() => resolveBySystem('localhost')))).toBe('address_not_allowed');
  });

  test('knows no name with a part of 64 letters', async () => {
    const name = `${'a'.repeat(64)}.example.com`;
    expect(reasonOf(await lookUp(() => resolveBySystem(name)))).toBe('name_not_found');
  });
});
