import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Failure } from './failure.ts';
import { isPublicAddress } from './public-address.ts';

/** All addresses of a name, now. Rejects where there are none. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** As the machine looks names up, with its hosts file. */
export const resolveBySystem: Resolve = (name) => lookup(name, { all: true });

/**
 * What a connection looks its host's name up with: it connects to what has been checked here and to nothing else,
 * whatever the name leads to a moment later. One address that is not public refuses them all, since an honest name
 * has no such address beside others.
 * @param allowInternal every address will do.
 * @returns for Node's option `lookup`; fails with a `Failure`.
 */
export function checkedLookup(resolve: Resolve, allowInternal: boolean): LookupFunction {
  return (name, { all }, callback) => {
    checkedAddresses(resolve, name, allowInternal).then(
      ([first, ...others]) => {
        if (all) callback(null, [first, ...others]);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}

async function checkedAddresses(
  resolve: Resolve,
  name: string,
  allowInternal: boolean,
): Promise<[LookupAddress, ...LookupAddress[]]> {
  const [first, ...others] = await resolve(name).catch((cause) => {
    throw new Failure('name_not_found', 'The name could not be looked up.', { cause });
  });
  if (!first) throw new Failure('name_not_found', 'The name has no address.');
  const addresses: [LookupAddress, ...LookupAddress[]] = [first, ...others];
  const inside = addresses.find(({ address }) => !isPublicAddress(address));
  if (inside && !allowInternal) {
    throw new Failure('address_not_allowed', `The name leads to ${inside.address}, which is not public.`);
  }
  return addresses;
}
