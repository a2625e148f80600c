import { createClient, type TintypeClient } from '@tintype/client';
import { SignJWT } from 'jose';

const { TINTYPE_URL = 'http://127.0.0.1:3000', JWT_ISSUER, JWT_AUDIENCE, JWT_SECRET } = process.env;

/** How long a token lives. It never leaves this server, and each request has a new one. */
const LIFE = '5m';

/**
 * A token for one user of this app, signed with the secret that app and Tintype share (AUTH=jwt); none where Tintype
 * asks nobody who they are.
 */
async function tokenFor(user: string): Promise<string | undefined> {
  if (JWT_SECRET === undefined || JWT_ISSUER === undefined || JWT_AUDIENCE === undefined) return undefined;
  return new SignJWT({ scope: 'images:read images:write' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer(JWT_ISSUER)
    .setAudience(JWT_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(LIFE)
    .sign(new TextEncoder().encode(JWT_SECRET));
}

/** Tintype as this user may use it: their own images, and nobody else's. */
export function tintypeFor(user: string): TintypeClient {
  return createClient({ url: TINTYPE_URL, token: () => tokenFor(user) });
}
