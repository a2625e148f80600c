import { createPublicKey, type KeyObject } from 'node:crypto';
import * as z from 'zod';
import type { StepUp } from '../domain/caller.ts';
import {
  type IntrospectionConfig,
  introspectionEnvironment,
  introspectionOf,
  problemsOfIntrospection,
} from './introspection.ts';
import { issuerUrl } from './issuer-url.ts';
import { wholeNumber } from './numbers.ts';

/** Whether callers are asked who they are, and by what they show it. */
export type AuthConfig = { readonly kind: 'none' } | JwtConfig;

/** Callers show a JSON Web Token (RFC 7519) of an issuer. */
export interface JwtConfig {
  readonly kind: 'jwt';
  readonly issuer: string;
  readonly audience: string;
  /** The claim that names the user. */
  readonly userClaim: string;
  /** What an issuer puts before our scopes, such as `tintype/`. */
  readonly scopePrefix: string;
  readonly algorithms: readonly JwtAlgorithm[];
  readonly keys: JwtKeys;
  /** Undefined: a token is good until it expires. */
  readonly introspection: IntrospectionConfig | undefined;
  /** How admins must have signed in; undefined: however their issuer takes for enough. */
  readonly stepUp: StepUp | undefined;
}

/** What signatures are checked with. */
export type JwtKeys =
  | { readonly kind: 'jwks'; readonly url: URL }
  | { readonly kind: 'public-key'; readonly key: KeyObject }
  | { readonly kind: 'secret'; readonly secret: string };

/** RFC 7518, section 3.1, and RFC 8037; `none` is never among them. */
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'] as const;
const ALGORITHMS = [...ASYMMETRIC, 'HS256'] as const;

export type JwtAlgorithm = (typeof ALGORITHMS)[number];

const algorithms = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .refine(
    (names): names is JwtAlgorithm[] => names.every((name) => ALGORITHMS.some((known) => known === name)),
    `must be some of ${ALGORITHMS.join(',')}`,
  );

/** They come into a header, between quotation marks (RFC 9470, section 3). */
const acrValues = z
  .string()
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
    'must be values of `acr` with a space between them, such as urn:example:mfa',
  )
  .transform((text) => text.split(' '));

/** RFC 7518, section 3.3. */
const LEAST_RSA_BITS = 2048;

const publicKey = z.string().transform((text, context): KeyObject => {
  // One can be made of it, but it does not belong here: whoever reads it can sign.
  if (text.includes('PRIVATE KEY')) {
    context.addIssue({ code: 'custom', message: 'is a private key: give the public one that belongs to it' });
    return z.NEVER;
  }
  try {
    // Where a variable cannot have several lines, `\n` stands for their ends.
    return createPublicKey(text.replaceAll('\\n', '\n'));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a public key as PEM (BEGIN PUBLIC KEY)' });
    return z.NEVER;
  }
});

/** The variables of authentication. */
export const authEnvironment = {
  AUTH: z.enum(['none', 'jwt'], 'must be none or jwt').default('none'),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  JWT_JWKS_URL: issuerUrl.optional(),
  JWT_PUBLIC_KEY: publicKey.optional(),
  JWT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  JWT_ALGORITHMS: algorithms.optional(),
  JWT_USER_CLAIM: z.string().default('sub'),
  JWT_SCOPE_PREFIX: z.string().default(''),
  ...introspectionEnvironment,
  ADMIN_ACR_VALUES: acrValues.optional(),
  ADMIN_MAX_AGE_SECONDS: wholeNumber(60, 31_536_000).optional(),
};

type AuthEnvironment = z.output<z.ZodObject<typeof authEnvironment>>;

const KEYS = ['JWT_JWKS_URL', 'JWT_PUBLIC_KEY', 'JWT_SECRET'] as const;

/** What nobody looks at where tokens are not asked for: whoever has set it believes otherwise. */
const OF_TOKENS = [
  ...KEYS,
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'INTROSPECTION_URL',
  'INTROSPECTION_CLIENT_ID',
  'INTROSPECTION_CLIENT_SECRET',
  'INTROSPECTION_CLIENT_SECRET_ARN',
  'ADMIN_ACR_VALUES',
  'ADMIN_MAX_AGE_SECONDS',
] as const;

export function problemsOfAuth(env: AuthEnvironment): string[] {
  const keys = KEYS.filter((name) => env[name] !== undefined);
  if (env.AUTH === 'none') {
    return OF_TOKENS.filter((name) => env[name]).map(
      (name) => `${name} is set, and tokens are not asked for: set AUTH=jwt, or leave it out.`,
    );
  }
  const missing = (['JWT_ISSUER', 'JWT_AUDIENCE'] as const).filter((name) => env[name] === undefined);
  const problems = missing.map((name) => `${name} must be set with AUTH=jwt: tokens of others are refused.`);
  if (keys.length !== 1) {
    problems.push(`With AUTH=jwt exactly one of ${KEYS.join(', ')} must be set, and ${keys.length} are.`);
  }
  const [first] = keys;
  const possible = first && possibleAlgorithms(env);
  const wrong =
    env.JWT_ALGORITHMS?.filter((name) => possible && !possible.some((each) => each === name)) ?? [];
  if (wrong.length > 0) {
    problems.push(
      `JWT_ALGORITHMS has ${wrong.join(',')}, which ${first} cannot be used with: leave that out.`,
    );
  }
  if (possible?.length === 0) {
    problems.push(
      'JWT_PUBLIC_KEY is of a kind that no algorithm takes: use RSA of 2048 bits or more, EC (P-256, P-384) or Ed25519.',
    );
  }
  return [...problems, ...problemsOfIntrospection(env)];
}

/** @param env of which `problemsOfAuth` has found nothing. */
export function authOf(env: AuthEnvironment): AuthConfig {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = env;
  const keys = keysOf(env);
  if (env.AUTH === 'none' || issuer === undefined || audience === undefined || !keys) return { kind: 'none' };
  return {
    kind: 'jwt',
    issuer,
    audience,
    userClaim: env.JWT_USER_CLAIM,
    scopePrefix: env.JWT_SCOPE_PREFIX,
    algorithms: env.JWT_ALGORITHMS ?? possibleAlgorithms(env),
    keys,
    introspection: introspectionOf(env),
    stepUp: stepUpOf(env),
  };
}

function stepUpOf({
  ADMIN_ACR_VALUES: acr_values,
  ADMIN_MAX_AGE_SECONDS: max_age,
}: AuthEnvironment): StepUp | undefined {
  return acr_values === undefined && max_age === undefined ? undefined : { acr_values, max_age };
}

function keysOf({ JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET }: AuthEnvironment): JwtKeys | undefined {
  if (JWT_JWKS_URL) return { kind: 'jwks', url: JWT_JWKS_URL };
  if (JWT_PUBLIC_KEY) return { kind: 'public-key', key: JWT_PUBLIC_KEY };
  return JWT_SECRET === undefined ? undefined : { kind: 'secret', secret: JWT_SECRET };
}

/**
 * What the keys can be used with. A public key is never a shared secret: otherwise whoever has read it could
 * sign (RFC 8725, section 2.1).
 */
function possibleAlgorithms({ JWT_PUBLIC_KEY: key, JWT_SECRET }: AuthEnvironment): readonly JwtAlgorithm[] {
  if (JWT_SECRET !== undefined) return ['HS256'];
  if (!key) return ASYMMETRIC;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType === 'rsa') {
    return bits < LEAST_RSA_BITS ? [] : ASYMMETRIC.filter((name) => /^[RP]S/.test(name));
  }
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA'];
  if (curve === 'prime256v1') return ['ES256'];
  return curve === 'secp384r1' ? ['ES384'] : [];
}
