import type { AuthConfig } from '../config/auth.ts';
import type { Config } from '../config/config.ts';
import type { IntrospectionConfig } from '../config/introspection.ts';
import { createIntrospection } from '../drivers/jose/introspection.ts';
import { createJwtVerifier } from '../drivers/jose/jwt-verifier.ts';
import type { AppContext } from '../http/context.ts';
import { createTrustedProxies } from '../http/middleware/caller-address.ts';
import type { Clock } from '../ports/clock.ts';
import type { TokenVerifier } from '../ports/token-verifier.ts';

/** Who is let in, from where. */
export type Doors = Pick<AppContext, 'tokens' | 'trustedProxies' | 'corsOrigins' | 'localOnly'>;

/** @param clock that tokens expire by. */
export function openDoors(
  { auth, trustedProxies, corsOrigins, localOnly }: Config,
  clock: Clock = { now: Date.now },
): Doors {
  return {
    tokens: tokensOf(auth, clock),
    trustedProxies: createTrustedProxies(trustedProxies),
    corsOrigins,
    localOnly,
  };
}

function tokensOf(auth: AuthConfig, clock: Clock): TokenVerifier | undefined {
  if (auth.kind === 'none') return undefined;
  const verifier = createJwtVerifier({ ...auth, clock });
  const { introspection, scopePrefix } = auth;
  if (!introspection) return verifier;
  const { url, clientId } = introspection;
  const confirm = createIntrospection({ url, clientId, secret: secretOf(introspection), scopePrefix });
  return { ...verifier, confirm };
}

/** What is kept in Secrets Manager is read when it is first needed, and once. */
function secretOf({ secret: { kind, value } }: IntrospectionConfig): () => Promise<string> {
  if (kind === 'text') return async () => value;
  let read: Promise<string> | undefined;
  return () => {
    read ??= import('../drivers/aws/secret.ts')
      .then(async ({ readSecret }) => (await readSecret(value, {})).trim())
      .catch((error: unknown) => {
        read = undefined;
        throw error;
      });
    return read;
  };
}
