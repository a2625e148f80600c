import { SignJWT } from 'jose';
import type { Scope } from '../../domain/caller.ts';

export interface TokenToSign {
  readonly issuer: string;
  readonly audience: string;
  readonly userClaim: string;
  readonly scopePrefix: string;
  readonly secret: string;
  readonly user_id: string;
  readonly scopes: readonly Scope[];
  /** Seconds since 1970. */
  readonly issued_at: number;
  readonly expires_at: number;
}

/** A token as the verifier here takes it: HS256, for development and tests, where issuer and service are one. */
export function signToken({
  issuer,
  audience,
  userClaim,
  scopePrefix,
  secret,
  ...said
}: TokenToSign): Promise<string> {
  const scope = said.scopes.map((name) => scopePrefix + name).join(' ');
  return new SignJWT({ [userClaim]: said.user_id, scope })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(said.issued_at)
    .setExpirationTime(said.expires_at)
    .sign(Buffer.from(secret));
}
