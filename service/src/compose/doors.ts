import type { Config } from '../config/config.ts';
import { createJwtVerifier } from '../drivers/jose/jwt-verifier.ts';
import type { AppContext } from '../http/context.ts';
import { createTrustedProxies } from '../http/middleware/caller-address.ts';
import type { Clock } from '../ports/clock.ts';

/** Who is let in, from where. */
export type Doors = Pick<AppContext, 'tokens' | 'trustedProxies' | 'corsOrigins' | 'localOnly'>;

/** @param clock that tokens expire by. */
export function openDoors(
  { auth, trustedProxies, corsOrigins, localOnly }: Config,
  clock: Clock = { now: Date.now },
): Doors {
  return {
    tokens: auth.kind === 'jwt' ? createJwtVerifier({ ...auth, clock }) : undefined,
    trustedProxies: createTrustedProxies(trustedProxies),
    corsOrigins,
    localOnly,
  };
}
