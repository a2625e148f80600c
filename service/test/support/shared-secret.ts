import type { Scope } from '../../src/domain/caller.ts';
import { signToken } from '../../src/drivers/jose/sign-token.ts';

const SECRET = 'a-secret-that-the-tests-share-with-the-server';
const ISSUER = 'https://issuer.example';
const AUDIENCE = 'tintype';

/** Of a server process that wants tokens. */
export const JWT_ENVIRONMENT = {
  AUTH: 'jwt',
  JWT_ISSUER: ISSUER,
  JWT_AUDIENCE: AUDIENCE,
  JWT_SECRET: SECRET,
} as const;

/** A token that such a server takes, for ten minutes. */
export function tokenFor(user_id: string, scopes: readonly Scope[] = ['images:read', 'images:write']) {
  const issued_at = Math.floor(Date.now() / 1000);
  return signToken({
    issuer: ISSUER,
    audience: AUDIENCE,
    userClaim: 'sub',
    scopePrefix: '',
    secret: SECRET,
    user_id,
    scopes,
    issued_at,
    expires_at: issued_at + 600,
  });
}
