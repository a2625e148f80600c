import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { onlyWhenLarge } from '../../../test/support/large.ts';
import { SettableClock } from '../../../test/support/settable-clock.ts';
import { AUDIENCE, type Claims, ISSUER, signed, usual } from '../../../test/support/token-issuer.ts';
import { readConfig } from '../../config/config.ts';
import { isDomainError } from '../../domain/errors.ts';
import { createJwtVerifier, type JwtVerifierOptions } from './jwt-verifier.ts';
import { signToken } from './sign-token.ts';

const START = Date.parse('2026-05-04T03:02:01.000Z');
const SECRET = 'a secret of these tests alone, long enough';

/** RSA and the curves, each with the algorithms that take it. */
const KINDS = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  Ed25519: generateKeyPairSync('ed25519'),
} as const;

const ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).map((alg) => ['RSA', alg] as const),
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['Ed25519', 'EdDSA'],
] as const;

const pem = (key: KeyObject) => String(key.export({ type: 'spki', format: 'pem' }));

/** A verifier as an environment configures it, at a time that tests move; `variables` must name a key. */
function verifierOf(variables: Readonly<Record<string, string>>) {
  const clock = new SettableClock({ now: () => START });
  const { auth } = readConfig({ AUTH: 'jwt', JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, ...variables });
  if (auth.kind !== 'jwt') throw new Error('There is no authentication.');
  return { clock, auth, verify: createJwtVerifier({ ...auth, clock }).verify };
}

const SHARED = { JWT_SECRET: SECRET };

/** A token as it should be but for what is said otherwise. */
function token(
  claims: Claims = {},
  key: KeyObject | Uint8Array = Buffer.from(SECRET),
  alg = 'HS256',
  typ?: string,
): Promise<string> {
  return signed({ ...usual(START), ...claims }, { alg, typ }, key);
}

/** The sentence with which a token is refused. */
async function refusal(verified: Promise<unknown>): Promise<string> {
  try {
    await verified;
  } catch (error) {
    if (isDomainError(error, 'unauthenticated')) return error.message;
    throw error;
  }
  throw new Error('The token was believed.');
}

describe('a public key', () => {
  test.each(ALGORITHMS)('%s verifies %s, and no signature of another key', async (kind, alg) => {
    const { publicKey, privateKey } = KINDS[kind];
    const { verify } = verifierOf({ JWT_PUBLIC_KEY: pem(publicKey) });
    expect(await verify(await token({}, privateKey, alg))).toMatchObject({ user_id: 'alice' });
    const others = ALGORITHMS.filter(([other]) => other !== kind);
    for (const [other, otherAlg] of others) {
      const foreign = await token({}, KINDS[other].privateKey, otherAlg);
      expect(await refusal(verify(foreign)), otherAlg).toBe('The token is not valid.');
    }
    const shared = await token({}, Buffer.from(pem(publicKey)), 'HS256');
    expect(await refusal(verify(shared))).toBe('The token is not valid.');
  });

  test('may be written in one line, with \\n for its ends', async () => {
    const { publicKey, privateKey } = KINDS['P-256'];
    const { verify } = verifierOf({ JWT_PUBLIC_KEY: pem(publicKey).replaceAll('\n', '\\n') });
    expect(await verify(await token({}, privateKey, 'ES256'))).toMatchObject({ user_id: 'alice' });
  });

  test('is used by the algorithms alone that are set', async () => {
    const { publicKey, privateKey } = KINDS.RSA;
    const { verify } = verifierOf({ JWT_PUBLIC_KEY: pem(publicKey), JWT_ALGORITHMS: 'PS256,RS512' });
    for (const alg of ['PS256', 'RS512']) await verify(await token({}, privateKey, alg));
    for (const alg of ['RS256', 'PS512']) await refusal(verify(await token({}, privateKey, alg)));
  });
});

describe('a shared secret', () => {
  test('verifies what it has signed, by HS256 alone', async () => {
    const { verify } = verifierOf(SHARED);
    await verify(await token());
    for (const alg of ['HS384', 'HS512'])
      await refusal(verify(await token({}, Buffer.alloc(64, SECRET), alg)));
    await refusal(verify(await token({}, Buffer.from(`${SECRET}x`))));
    await refusal(verify(await token({}, KINDS.RSA.privateKey, 'RS256')));
  });

  test('verifies what is signed for development, under whatever claim and prefix', async () => {
    const variables = { JWT_USER_CLAIM: 'https://example.com/user', JWT_SCOPE_PREFIX: 'tintype/' };
    const { verify, auth } = verifierOf({ ...SHARED, ...variables });
    const signed = await signToken({
      ...auth,
      ...{ secret: SECRET, user_id: 'alice', scopes: ['images:read', 'images:admin'] },
      ...{ issued_at: START / 1000, expires_at: START / 1000 + 60 },
    });
    const { user_id, scopes } = await verify(signed);
    expect([user_id, ...scopes]).toEqual(['alice', 'images:read', 'images:admin']);
  });
});

describe('times', () => {
  const seconds = START / 1000;

  test.each([
    ['has just expired', { exp: seconds - 29 }, undefined],
    ['expired half a minute ago', { exp: seconds - 30 }, 'The token has expired.'],
    ['begins in half a minute', { nbf: seconds + 30 }, undefined],
    ['begins later', { nbf: seconds + 31 }, 'The token is not valid yet.'],
    ['does not say when it expires', { exp: undefined }, 'The token lacks what it needs: an expiry.'],
    ['says so as a text', { exp: '2099-01-01' }, 'The token lacks what it needs: an expiry.'],
    [
      'was made at no time',
      { iat: 'yesterday' },
      'The token lacks what it needs: a time at which it was made.',
    ],
  ])('a token that %s', async (_what, claims, expected) => {
    const verified = verifierOf(SHARED).verify(await token(claims));
    if (expected === undefined) expect(await verified).toMatchObject({ user_id: 'alice' });
    else expect(await refusal(verified)).toBe(expected);
  });

  test('a token that was believed is believed no longer than it lasts', async () => {
    const { verify, clock } = verifierOf(SHARED);
    const short = await token({ exp: seconds + 10 });
    await verify(short);
    clock.advance(39_999);
    await verify(short);
    clock.advance(1);
    expect(await refusal(verify(short))).toBe('The token has expired.');
  });
});

describe('what is remembered', () => {
  /** A verifier that counts how often it looks at a signature. */
  function counting() {
    const { auth } = verifierOf(SHARED);
    const clock = new SettableClock({ now: () => START });
    let looks = 0;
    const algorithms = {
      *[Symbol.iterator]() {
        looks++;
        yield 'HS256';
      },
    } as unknown as JwtVerifierOptions['algorithms'];
    const { verify } = createJwtVerifier({ ...auth, algorithms, clock });
    const of = (n: number) => token({ sub: `user ${n}` });
    return { verify, clock, of, looks: () => looks };
  }

  test('a token is not looked at again for a minute', async () => {
    const { verify, clock, of, looks } = counting();
    const one = await of(1);
    await verify(one);
    clock.advance(59_999);
    await verify(one);
    expect(looks()).toBe(1);
    clock.advance(1);
    await verify(one);
    expect(looks()).toBe(2);
  });

  test('a token that was looked at while the clock was ahead is looked at again once it is right', async () => {
    const { verify, clock, of, looks } = counting();
    const one = await of(1);
    clock.advance(1000);
    await verify(one);
    clock.advance(-1000);
    await verify(one);
    await verify(one);
    expect(looks()).toBe(2);
  });

  test('a token that was refused is looked at each time', async () => {
    const { verify, of, looks } = counting();
    const bad = `${await of(1)}x`;
    for (let times = 1; times <= 3; times++) {
      await refusal(verify(bad));
      expect(looks()).toBe(times);
    }
  });

  test('10,000 tokens are remembered at most: the first goes when one more comes', async (context) => {
    onlyWhenLarge(context);
    const { verify, of, looks } = counting();
    const most = 10_000;
    const tokens: string[] = [];
    for (let n = 0; n < most; n++) tokens.push(await of(n));
    for (const each of tokens) await verify(each);
    const [first = '', second = ''] = tokens;
    await verify(first);
    expect(looks()).toBe(most);
    await verify(await of(most));
    await verify(second);
    expect(looks()).toBe(most + 1);
    await verify(first);
    expect(looks()).toBe(most + 2);
  });
});

describe('what a token says', () => {
  test.each([
    ['of 8 KiB is read', 8192, true],
    ['of more is not', 8193, false],
  ])('%s', async (_what, length, isRead) => {
    const { verify } = verifierOf(SHARED);
    const bare = (await token({ pad: '' })).length;
    // Four characters of a token hold three of a claim.
    const padded = await token({ pad: 'x'.repeat(Math.floor(((length - bare) * 3) / 4)) });
    const filled = padded.padEnd(length, 'x');
    const sentence = await refusal(verify(filled === padded ? `${padded.slice(0, -1)}x` : filled));
    expect(sentence).toBe(isRead ? 'The token is not valid.' : 'The token is too long.');
  });

  test.each([
    ['scope as a text', { scope: 'openid images:read images:write' }, ['images:read', 'images:write']],
    ['scope as a list', { scope: ['images:read', 'other'] }, ['images:read']],
    [
      'scp as a text',
      { scope: undefined, scp: 'images:write images:admin' },
      ['images:write', 'images:admin'],
    ],
    ['scp as a list', { scope: undefined, scp: ['images:read'] }, ['images:read']],
    ['scope beside scp', { scope: 'images:read', scp: 'images:admin' }, ['images:read']],
    ['a number', { scope: 7 }, []],
    ['an object', { scope: { 'images:admin': true } }, []],
    ['a list of lists', { scope: [['images:admin']] }, []],
    ['other cases, and parts', { scope: 'Images:Read images:admins images: read' }, []],
    ['commas', { scope: 'images:read,images:write' }, []],
    ['nothing', { scope: undefined }, []],
  ])('scopes: %s', async (_what, claims, expected) => {
    const { scopes } = await verifierOf(SHARED).verify(await token(claims));
    expect([...scopes]).toEqual(expected);
  });

  test('scopes without the prefix count for nothing where there is one', async () => {
    const { verify } = verifierOf({ ...SHARED, JWT_SCOPE_PREFIX: 'https://api.example.com/' });
    const scope = 'images:write https://api.example.com/images:read other/images:admin';
    expect([...(await verify(await token({ scope }))).scopes]).toEqual(['images:read']);
  });

  const OTHERS = 'The token is for another audience.';

  test.each([
    ['one audience', {}, undefined],
    ['several audiences, ours among them', { aud: ['another', AUDIENCE] }, undefined],
    [
      "Cognito's access token, which names its client",
      { aud: undefined, token_use: 'access', client_id: AUDIENCE },
      undefined,
    ],
    [
      "Cognito's access token of another client",
      { aud: undefined, token_use: 'access', client_id: 'x' },
      OTHERS,
    ],
    ["Cognito's access token of no client", { aud: undefined, token_use: 'access' }, OTHERS],
    ['a client in place of an audience, of nobody', { aud: undefined, client_id: AUDIENCE }, OTHERS],
    ['another audience, and our client', { aud: 'x', token_use: 'access', client_id: AUDIENCE }, OTHERS],
    ["Cognito's ID token", { token_use: 'id' }, OTHERS],
    ['several audiences of others', { aud: ['a', `${AUDIENCE}x`] }, OTHERS],
    ['a part of our audience', { aud: AUDIENCE.slice(1) }, OTHERS],
    ['an object', { aud: { [AUDIENCE]: true } }, OTHERS],
  ])('audience: %s', async (_what, claims, expected) => {
    const verified = verifierOf(SHARED).verify(await token(claims));
    if (expected === undefined) expect(await verified).toMatchObject({ user_id: 'alice' });
    else expect(await refusal(verified)).toBe(expected);
  });

  test.each([
    ...[null, '', 7, true, ['alice'], { name: 'alice' }],
    ...['a\nb', 'a\u0000', '\ud800', 'x'.repeat(129), 'é'.repeat(65)],
  ])('%j is no user that there can be', async (sub) => {
    const refused = verifierOf(SHARED).verify(await token({ sub }));
    expect(await refusal(refused)).toBe('The token names no user that there can be.');
  });

  test.each(['email', 'https://example.com/id', '__proto__'])(
    'the user is in the claim %s where it is set',
    async (claim) => {
      const { verify } = verifierOf({ ...SHARED, JWT_USER_CLAIM: claim });
      expect(await refusal(verify(await token()))).toBe('The token lacks what it needs: a user.');
      if (claim !== '__proto__') {
        expect(await verify(await token({ [claim]: 'bob' }))).toMatchObject({ user_id: 'bob' });
      }
    },
  );

  test.each([
    ['undefined', undefined, true],
    ['JWT', 'JWT', true],
    ['at+jwt', 'at+jwt', true],
    ['application/at+jwt', 'application/AT+JWT', true],
    ['logout+jwt', 'logout+jwt', false],
    ['dpop+jwt', 'dpop+jwt', false],
    ['an empty text', '', false],
  ])('a token of type %s', async (_what, typ, isOurs) => {
    const verified = verifierOf(SHARED).verify(await token({}, Buffer.from(SECRET), 'HS256', typ));
    if (isOurs) expect(await verified).toMatchObject({ user_id: 'alice' });
    else expect(await refusal(verified)).toBe('The token is not meant for access.');
  });

  test('nothing but the user and the scopes is told of it', async () => {
    const verified = await verifierOf(SHARED).verify(await token({ email: 'alice@example.com' }));
    expect(Object.keys(verified).toSorted()).toEqual(['scopes', 'user_id']);
    expect(verified.user_id).toBe('alice');
  });
});

describe('an admin', () => {
  const NOW = START / 1000;
  const SCOPE = 'images:read images:admin';
  const ACR = { ADMIN_ACR_VALUES: 'mfa key' };
  const AGE = { ADMIN_MAX_AGE_SECONDS: '600' };

  test.each<[what: string, variables: Record<string, string>, claims: Claims, suffices: boolean]>([
    ['signed in somehow, and nothing is asked for', {}, {}, true],
    ['signed in in one of the ways', ACR, { acr: 'key' }, true],
    ['signed in in another', ACR, { acr: 'password' }, false],
    ['signed in in what is a part of one', ACR, { acr: 'mf' }, false],
    ['signed in in all of them, in one text', ACR, { acr: 'mfa key' }, false],
    ['signed in in a list of ways', ACR, { acr: ['mfa'] }, false],
    ['signed in nobody says how', ACR, {}, false],
    ['signed in just now', AGE, { auth_time: NOW }, true],
    ['signed in as long ago as may be, by a clock that differs', AGE, { auth_time: NOW - 629 }, true],
    ['signed in longer ago', AGE, { auth_time: NOW - 630 }, false],
    ['signed in in a moment, by a clock that differs', AGE, { auth_time: NOW + 30 }, true],
    ['signed in later than that', AGE, { auth_time: NOW + 31 }, false],
    ['signed in at what is no time', AGE, { auth_time: String(NOW) }, false],
    ['signed in nobody says when', AGE, { acr: 'mfa' }, false],
    ['signed in in time, not in the way', { ...ACR, ...AGE }, { auth_time: NOW, acr: 'x' }, false],
    ['signed in in the way, not in time', { ...ACR, ...AGE }, { auth_time: 0, acr: 'mfa' }, false],
    ['signed in in both', { ...ACR, ...AGE }, { auth_time: NOW, acr: 'mfa' }, true],
  ])('who has %s', async (_what, variables, claims, suffices) => {
    const { verify, auth } = verifierOf({ ...SHARED, ...variables });
    const verified = await verify(await token({ scope: SCOPE, ...claims }));
    expect([...verified.scopes]).toEqual(suffices ? SCOPE.split(' ') : ['images:read']);
    expect(verified.stepUp).toEqual(suffices ? undefined : auth.stepUp);
  });

  test('is one no longer than their sign-in counts, though the token is remembered', async () => {
    const { verify, clock } = verifierOf({ ...SHARED, ...AGE });
    const shown = await token({ scope: SCOPE, auth_time: NOW - 620 });
    expect((await verify(shown)).scopes.has('images:admin')).toBe(true);
    clock.advance(9_999);
    expect((await verify(shown)).scopes.has('images:admin')).toBe(true);
    clock.advance(1);
    expect((await verify(shown)).scopes.has('images:admin')).toBe(false);
  });

  test('is asked for it alone: of whoever is none nothing is asked', async () => {
    const { verify } = verifierOf({ ...SHARED, ...ACR, ...AGE });
    expect(await verify(await token())).toEqual({
      user_id: 'alice',
      scopes: new Set(['images:read', 'images:write']),
    });
  });
});
