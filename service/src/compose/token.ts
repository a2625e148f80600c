import { loadConfig } from '../config/config.ts';
import type { Scope } from '../domain/caller.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { signToken } from '../drivers/jose/sign-token.ts';

/**
 * A token that the installation of this environment accepts, where it shares a secret with its issuer.
 * @throws OperatorError where only another can sign.
 */
export function makeToken(user_id: string, scopes: readonly Scope[], lifeSeconds: number): Promise<string> {
  const { auth } = loadConfig();
  if (auth.kind !== 'jwt' || auth.keys.kind !== 'secret') {
    throw new OperatorError(
      'Tokens can be made here only with a shared secret: set AUTH=jwt, JWT_ISSUER, JWT_AUDIENCE and JWT_SECRET, ' +
        'for the server and for this command alike. With public keys ask their issuer for a token.',
    );
  }
  const issued_at = Math.floor(Date.now() / 1000);
  const { issuer, audience, userClaim, scopePrefix, keys } = auth;
  const times = { issued_at, expires_at: issued_at + lifeSeconds };
  return signToken({
    ...{ issuer, audience, userClaim, scopePrefix },
    ...{ secret: keys.secret, user_id, scopes, ...times },
  });
}
