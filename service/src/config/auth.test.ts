import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AuthConfig, authOf, type JwtConfig } from './auth.ts';
import { ConfigError, readConfig } from './config.ts';

type Variables = Readonly<Record<string, string>>;

const SECRET = 'a secret of these tests alone, long enough';
const COMMON = { AUTH: 'jwt', JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'tintype' };
const SHARED = { ...COMMON, JWT_SECRET: SECRET };
const FETCHED = { ...COMMON, JWT_JWKS_URL: 'https://issuer.example/keys' };

const pem = (key: KeyObject, type: 'spki' | 'pkcs8' = 'spki') => String(key.export({ type, format: 'pem' }));
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const RSA = rsa(2048);

const published = (key: KeyObject): Variables => ({ ...COMMON, JWT_PUBLIC_KEY: pem(key) });

/** The configuration of an environment in which tokens are asked for. */
function jwt(variables: Variables): JwtConfig {
  const { auth } = readConfig(variables);
  if (auth.kind !== 'jwt') throw new Error('Tokens are not asked for.');
  return auth;
}

/** The lines that the start prints. */
function problemsOf(variables: Variables): readonly string[] {
  try {
    readConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];

describe('tokens', () => {
  test('are not asked for unless it is said', () => {
    expect(readConfig({}).auth).toEqual({ kind: 'none' } satisfies AuthConfig);
    expect(readConfig({ AUTH: 'none' }).auth).toEqual({ kind: 'none' });
  });

  test('are those of one issuer, for one audience; their user is in `sub`', () => {
    expect(jwt(SHARED)).toEqual({
      ...{ kind: 'jwt', issuer: 'https://issuer.example', audience: 'tintype' },
      ...{ userClaim: 'sub', scopePrefix: '', algorithms: ['HS256'] },
      keys: { kind: 'secret', secret: SECRET },
    });
  });

  test('may name the user by another claim, and have a prefix before scopes', () => {
    const named = jwt({ ...SHARED, JWT_USER_CLAIM: 'email', JWT_SCOPE_PREFIX: 'tintype/' });
    expect(named).toMatchObject({ userClaim: 'email', scopePrefix: 'tintype/' });
  });

  test.each<[what: string, variables: Variables, algorithms: string[]]>([
    ['an RSA key', published(RSA.publicKey), ASYMMETRIC.slice(0, 6)],
    ['a key of P-256', published(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey), ['ES256']],
    ['a key of P-384', published(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey), ['ES384']],
    ['a key of Ed25519', published(generateKeyPairSync('ed25519').publicKey), ['EdDSA']],
    ['keys that are fetched', FETCHED, ASYMMETRIC],
    ['a shared secret', SHARED, ['HS256']],
    ['some of them alone', { ...FETCHED, JWT_ALGORITHMS: 'ES256, RS256' }, ['ES256', 'RS256']],
  ])('with %s are verified by the algorithms that it is for', (_what, variables, algorithms) => {
    expect(jwt(variables).algorithms).toEqual(algorithms);
  });

  test('a public key may stand in one line', () => {
    const { keys } = jwt({ ...COMMON, JWT_PUBLIC_KEY: pem(RSA.publicKey).replaceAll('\n', '\\n') });
    expect(keys.kind === 'public-key' && keys.key.equals(RSA.publicKey)).toBe(true);
  });

  test.each([
    'https://issuer.example/keys',
    'http://127.0.0.1:8080/keys',
    'http://127.1.2.3/keys',
    'http://localhost/keys',
    'http://[::1]:8080/keys',
  ])('keys may be fetched from %s', (url) => {
    expect(jwt({ ...COMMON, JWT_JWKS_URL: url }).keys).toEqual({ kind: 'jwks', url: new URL(url) });
  });
});

const INTROSPECTED = {
  ...FETCHED,
  INTROSPECTION_URL: 'https://issuer.example/introspect',
  INTROSPECTION_CLIENT_ID: 'tintype',
  INTROSPECTION_CLIENT_SECRET: SECRET,
};
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:introspection-AbCdEf';

describe('the issuer', () => {
  const url = new URL(INTROSPECTED.INTROSPECTION_URL);

  test('is asked about no token, and takes any admin for signed in enough, unless it is said', () => {
    expect(jwt(FETCHED)).toMatchObject({ introspection: undefined, stepUp: undefined });
  });

  test('is asked by a client with a secret, given or kept by AWS, whatever signs the tokens', () => {
    const given = { url, clientId: 'tintype', secret: { kind: 'text', value: SECRET } };
    expect(jwt(INTROSPECTED).introspection).toEqual(given);
    const shared = { ...INTROSPECTED, JWT_JWKS_URL: '', JWT_SECRET: SECRET };
    expect(jwt(shared).introspection).toEqual(given);
    const kept = { INTROSPECTION_CLIENT_SECRET: '', INTROSPECTION_CLIENT_SECRET_ARN: SECRET_ARN };
    expect(jwt({ ...INTROSPECTED, ...kept }).introspection).toEqual({
      ...given,
      secret: { kind: 'arn', value: SECRET_ARN },
    });
  });

  test('is told how admins must sign in, how long ago, or both', () => {
    const acr = { ADMIN_ACR_VALUES: 'urn:example:mfa phr' };
    const age = { ADMIN_MAX_AGE_SECONDS: '900' };
    const acr_values = ['urn:example:mfa', 'phr'];
    expect(jwt({ ...FETCHED, ...acr }).stepUp).toEqual({ acr_values });
    expect(jwt({ ...FETCHED, ...age }).stepUp).toEqual({ max_age: 900 });
    expect(jwt({ ...FETCHED, ...acr, ...age }).stepUp).toEqual({ acr_values, max_age: 900 });
  });
});

const AGE_PROBLEM = /^ADMIN_MAX_AGE_SECONDS must be a whole number from 60 to 31536000/;
const URL_PROBLEM = /^JWT_JWKS_URL must be an https URL \(http on this machine alone\), without a name or a/;

describe('a wrong configuration says what would be right', () => {
  test.each<[what: string, variables: Variables, problem: RegExp]>([
    ['another kind', { AUTH: 'basic' }, /^AUTH must be none or jwt/],
    ['no issuer', { ...SHARED, JWT_ISSUER: '' }, /^JWT_ISSUER must be set with AUTH=jwt/],
    ['no audience', { ...SHARED, JWT_AUDIENCE: '' }, /^JWT_AUDIENCE must be set with AUTH=jwt/],
    ['no key', COMMON, /exactly one of JWT_JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET must be set, and 0 are/],
    ['two keys', { ...FETCHED, JWT_SECRET: SECRET }, /exactly one of .* must be set, and 2 are/],
    ['a short secret', { ...COMMON, JWT_SECRET: 'x'.repeat(31) }, /^JWT_SECRET must have at least 32/],
    ['keys in the clear', { ...COMMON, JWT_JWKS_URL: 'http://issuer.example/keys' }, URL_PROBLEM],
    ['a name like an address', { ...COMMON, JWT_JWKS_URL: 'http://127.issuer.example/' }, URL_PROBLEM],
    ['a name like ours', { ...COMMON, JWT_JWKS_URL: 'http://localhost.issuer.example/' }, URL_PROBLEM],
    ['a password in the URL', { ...COMMON, JWT_JWKS_URL: 'https://a:b@issuer.example/' }, URL_PROBLEM],
    ['a file', { ...COMMON, JWT_JWKS_URL: 'file:///etc/keys' }, URL_PROBLEM],
    ['no URL', { ...COMMON, JWT_JWKS_URL: 'issuer.example' }, URL_PROBLEM],
    ['no key in PEM', { ...COMMON, JWT_PUBLIC_KEY: 'ssh-rsa AAAA' }, /^JWT_PUBLIC_KEY must be a public key/],
    [
      'a private key',
      { ...COMMON, JWT_PUBLIC_KEY: pem(RSA.privateKey, 'pkcs8') },
      /^JWT_PUBLIC_KEY is a private key: give the public one/,
    ],
    ['a short RSA key', published(rsa(1024).publicKey), /^JWT_PUBLIC_KEY is of a kind .* 2048 bits or more/],
    [
      'another curve',
      published(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      /^JWT_PUBLIC_KEY is of a kind that no algorithm takes/,
    ],
    [
      'a key for exchange',
      published(generateKeyPairSync('x25519').publicKey),
      /^JWT_PUBLIC_KEY is of a kind/,
    ],
    ['`none`', { ...SHARED, JWT_ALGORITHMS: 'none' }, /^JWT_ALGORITHMS must be some of RS256,.*,HS256/],
    ['an unknown algorithm', { ...SHARED, JWT_ALGORITHMS: 'HS256,HS512' }, /^JWT_ALGORITHMS must be some of/],
    [
      'a shared secret that others could know',
      { ...FETCHED, JWT_ALGORITHMS: 'RS256,HS256' },
      /^JWT_ALGORITHMS has HS256, which JWT_JWKS_URL cannot be used with/,
    ],
    [
      'the public key as a secret',
      { ...published(RSA.publicKey), JWT_ALGORITHMS: 'HS256' },
      /^JWT_ALGORITHMS has HS256, which JWT_PUBLIC_KEY cannot be used with/,
    ],
    [
      'signatures of another kind',
      { ...SHARED, JWT_ALGORITHMS: 'RS256' },
      /^JWT_ALGORITHMS has RS256, which JWT_SECRET/,
    ],
    [
      'an issuer nobody asks',
      { JWT_ISSUER: 'https://issuer.example' },
      /^JWT_ISSUER is set, .* set AUTH=jwt/,
    ],
    ['a secret nobody asks for', { JWT_SECRET: SECRET }, /^JWT_SECRET is set, .* set AUTH=jwt/],
    [
      'an issuer asked in the clear',
      { ...INTROSPECTED, INTROSPECTION_URL: 'http://issuer.example/introspect' },
      /^INTROSPECTION_URL must be an https URL \(http on this machine alone\)/,
    ],
    [
      'an issuer asked by nobody',
      { ...INTROSPECTED, INTROSPECTION_CLIENT_ID: '' },
      /^INTROSPECTION_CLIENT_ID must be set with INTROSPECTION_URL/,
    ],
    [
      'an issuer asked without a secret',
      { ...INTROSPECTED, INTROSPECTION_CLIENT_SECRET: '' },
      /exactly one of INTROSPECTION_CLIENT_SECRET, INTROSPECTION_CLIENT_SECRET_ARN must be set, and 0 are/,
    ],
    [
      'an issuer asked with two secrets',
      { ...INTROSPECTED, INTROSPECTION_CLIENT_SECRET_ARN: SECRET_ARN },
      /exactly one of INTROSPECTION_CLIENT_SECRET, .* must be set, and 2 are/,
    ],
    [
      'a secret under what is no ARN',
      { ...INTROSPECTED, INTROSPECTION_CLIENT_SECRET_ARN: 'introspection' },
      /^INTROSPECTION_CLIENT_SECRET_ARN must be the ARN of a secret in Secrets Manager/,
    ],
    [
      'a secret for which nobody is asked',
      { ...FETCHED, INTROSPECTION_CLIENT_SECRET: SECRET },
      /^INTROSPECTION_CLIENT_SECRET is set, and no issuer is asked about tokens: set INTROSPECTION_URL/,
    ],
    [
      'an issuer to be asked about no tokens',
      { INTROSPECTION_URL: INTROSPECTED.INTROSPECTION_URL },
      /^INTROSPECTION_URL is set, .* set AUTH=jwt/,
    ],
    [
      'ways to sign in that a header cannot hold',
      { ...FETCHED, ADMIN_ACR_VALUES: 'a "b"' },
      /^ADMIN_ACR_VALUES must be values of `acr` with a space between them/,
    ],
    ['an hour in words', { ...FETCHED, ADMIN_MAX_AGE_SECONDS: '1h' }, AGE_PROBLEM],
    ['no time to sign in', { ...FETCHED, ADMIN_MAX_AGE_SECONDS: '59' }, AGE_PROBLEM],
    ['a sign-in that counts for years', { ...FETCHED, ADMIN_MAX_AGE_SECONDS: '31536001' }, AGE_PROBLEM],
    [
      'admins where tokens are not asked for',
      { ADMIN_ACR_VALUES: 'mfa' },
      /^ADMIN_ACR_VALUES is set, .* set AUTH=jwt/,
    ],
  ])('%s', (_what, variables, problem) => {
    const problems = problemsOf(variables);
    expect(
      problems.filter((line) => problem.test(line)),
      problems.join('\n'),
    ).toHaveLength(1);
    // What is secret is not printed.
    for (const line of problems) {
      expect(line).not.toContain(SECRET);
      expect(line).not.toContain('-----BEGIN');
    }
  });

  test('several at once', () => {
    expect(problemsOf({ AUTH: 'jwt' })).toHaveLength(3);
  });

  test('what was not found fault with is used', () => {
    expect(authOf({ AUTH: 'none', JWT_USER_CLAIM: 'sub', JWT_SCOPE_PREFIX: '' })).toEqual({ kind: 'none' });
  });
});
