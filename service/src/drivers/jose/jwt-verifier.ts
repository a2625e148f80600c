import { createHash, createSecretKey } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { SCOPES, type Scope, type StepUp } from '../../domain/caller.ts';
import { DomainError, isDomainError } from '../../domain/errors.ts';
import { userIdText } from '../../domain/text.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TokenVerifier, VerifiedToken } from '../../ports/token-verifier.ts';
import { createIssuerKeys } from './issuer-keys.ts';

/** What `createJwtVerifier` needs to know of tokens; the configuration has it. */
export interface JwtVerifierOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly userClaim: string;
  readonly scopePrefix: string;
  readonly algorithms: readonly string[];
  readonly keys:
    | { readonly kind: 'jwks'; readonly url: URL }
    | { readonly kind: 'public-key'; readonly key: ReturnType<typeof createSecretKey> }
    | { readonly kind: 'secret'; readonly secret: string };
  readonly stepUp?: StepUp | undefined;
  readonly clock: Clock;
}

/** Clocks of issuers differ from ours by so much at most. */
const TOLERANCE_SECONDS = 30;

/** So long a verified token is believed without another look: its issuer's keys may be withdrawn meanwhile. */
const BELIEVED_MS = 60_000;

const MOST_BELIEVED = 10_000;

/** Longer ones do not come from an issuer in its right mind. */
const MOST_CHARACTERS = 8192;

/** RFC 9068, section 2.1; most issuers write `JWT` or nothing. What has another type was made for another purpose. */
const TYPES = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);

interface Believed {
  readonly verified: VerifiedToken;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * Verifies JSON Web Tokens (RFC 7519, 8725): signature by one of the allowed algorithms and by keys that are
 * configured (never by what the token itself points to), issuer, audience, expiry, not-before, type.
 */
export function createJwtVerifier(options: JwtVerifierOptions): TokenVerifier {
  const getKey = keysOf(options);
  const believed = new Map<string, Believed>();
  return {
    async verify(token) {
      if (token.length > MOST_CHARACTERS) throw notValid('The token is too long.');
      const now = options.clock.now();
      const hash = createHash('sha256').update(token).digest('base64');
      const known = believed.get(hash);
      // One that is believed for longer was looked at by a clock that was ahead.
      if (known && known.until > now && known.until <= now + BELIEVED_MS) return known.verified;
      const fresh = await verifyAnew(options, getKey, token, now);
      believed.delete(hash);
      const [oldest] = believed.keys();
      if (believed.size >= MOST_BELIEVED && oldest !== undefined) believed.delete(oldest);
      believed.set(hash, fresh);
      return fresh.verified;
    },
  };
}

async function verifyAnew(
  { issuer, audience, algorithms, userClaim, scopePrefix, stepUp }: JwtVerifierOptions,
  getKey: JWTVerifyGetKey,
  token: string,
  now: number,
): Promise<Believed> {
  let payload: JWTPayload;
  try {
    const verified = await jwtVerify(token, getKey, {
      issuer,
      algorithms: [...algorithms],
      requiredClaims: ['exp', userClaim],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(now),
    });
    if (!TYPES.has(verified.protectedHeader.typ?.toLowerCase())) {
      throw notValid('The token is not meant for access.');
    }
    payload = verified.payload;
  } catch (error) {
    throw isDomainError(error) ? error : refusalOf(error);
  }
  mustBeForUs(payload, audience);
  const user = userIdText.safeParse(payload[userClaim]);
  if (!user.success) throw notValid('The token names no user that there can be.');
  const ends = ((payload.exp ?? 0) + TOLERANCE_SECONDS) * 1000;
  const until = Math.min(ends, now + BELIEVED_MS);
  const verified = { user_id: user.data, scopes: scopesOf(payload, scopePrefix) };
  if (!stepUp || !verified.scopes.has('images:admin')) return { verified, until };
  const suffices = sufficesUntil(payload, stepUp, now);
  if (suffices > now) return { verified, until: Math.min(until, suffices) };
  const scopes = new Set([...verified.scopes].filter((scope) => scope !== 'images:admin'));
  return { verified: { ...verified, scopes, stepUp }, until };
}

/** Until when the way in which the user has signed in suffices for an admin, in milliseconds since 1970. */
function sufficesUntil({ acr, auth_time }: JWTPayload, { acr_values, max_age }: StepUp, now: number): number {
  if (acr_values && !acr_values.some((value) => value === acr)) return 0;
  if (max_age === undefined) return Number.POSITIVE_INFINITY;
  if (typeof auth_time !== 'number' || (auth_time - TOLERANCE_SECONDS) * 1000 > now) return 0;
  return (auth_time + max_age + TOLERANCE_SECONDS) * 1000;
}

function keysOf({ keys, clock }: JwtVerifierOptions): JWTVerifyGetKey {
  if (keys.kind === 'jwks') return createIssuerKeys(keys.url, clock);
  const key = keys.kind === 'secret' ? createSecretKey(Buffer.from(keys.secret)) : keys.key;
  return async () => key;
}

/**
 * Amazon Cognito's access tokens name the client that they are for in place of an audience:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
 */
function mustBeForUs({ aud, token_use, client_id }: JWTPayload, audience: string): void {
  const isCognitos = aud === undefined && token_use === 'access';
  const named = isCognitos ? [client_id] : [aud].flat();
  if (token_use === 'id' || !named.includes(audience)) throw notValid('The token is for another audience.');
}

/** `scope` as RFC 8693, section 4.2, has it, or `scp` as others do. */
export function scopesOf(
  { scope, scp }: Readonly<Record<string, unknown>>,
  prefix: string,
): ReadonlySet<Scope> {
  const given = [scope ?? scp].flat().flatMap((text) => (typeof text === 'string' ? text.split(' ') : []));
  return new Set(SCOPES.filter((known) => given.includes(prefix + known)));
}

function refusalOf(error: unknown): DomainError {
  if (error instanceof errors.JWTExpired) return notValid('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return notValid('The token is of another issuer.');
    if (error.claim === 'nbf') return notValid('The token is not valid yet.');
    return notValid(`The token lacks what it needs: ${CLAIMS.get(error.claim) ?? 'a user'}.`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) return notValid('The token is signed with an unknown key.');
  // What else can be wrong with a token (RFC 7515, section 5.2): nobody is helped by knowing what.
  if (error instanceof errors.JOSEError || error instanceof TypeError)
    return notValid('The token is not valid.');
  throw error;
}

const CLAIMS = new Map([
  ['exp', 'an expiry'],
  ['iat', 'a time at which it was made'],
]);

function notValid(sentence: string): DomainError {
  return new DomainError('unauthenticated', sentence);
}
