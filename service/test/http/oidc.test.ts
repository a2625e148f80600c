import { setImmediate } from 'node:timers/promises';
import { OAuth2Server } from 'oauth2-mock-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectImage, expectList, expectProblem } from '../support/answers.ts';
import { showing } from '../support/as-caller.ts';
import { DIVIDED_HOMES, type HomeKind, openTestHome, type TestHome } from '../support/homes.ts';
import { AUDIENCE, believing } from '../support/token-issuer.ts';
import { newPng, uploadCall } from '../support/uploads.ts';

/** How long a token is remembered, keys are kept, they outlive their issuer, and unknown ones are not asked for. */
const REMEMBERED_MS = 60_000;
const KEPT_MS = 600_000;
const OUTLIVE_MS = 24 * 3_600_000;
const PAUSE_MS = 5_000;

const A_DAY_SECONDS = 86_400;

type Home = Omit<TestHome, 'close'>;

/** An OpenID provider with one key, until the test ends. */
async function startProvider(kid = 'first', alg = 'RS256', port?: number) {
  const provider = new OAuth2Server();
  await provider.issuer.keys.generate(alg, { kid });
  return started(provider, port);
}

async function started(provider: OAuth2Server, port?: number): Promise<OAuth2Server> {
  await provider.start(port, '127.0.0.1');
  // Its tokens are for whom it is told: that is us.
  provider.service.on('beforeTokenSigning', ({ payload }: { payload: Record<string, unknown> }) => {
    payload['aud'] = AUDIENCE;
    payload['exp'] = Number(payload['iat']) + 2 * A_DAY_SECONDS;
  });
  onTestFinished(async () => {
    if (provider.listening) await provider.stop();
  });
  return provider;
}

/** What the provider says of itself (OpenID Connect Discovery 1.0, section 4). */
async function discovered(provider: OAuth2Server) {
  const response = await fetch(`${provider.issuer.url}/.well-known/openid-configuration`);
  return (await response.json()) as { issuer: string; jwks_uri: string; token_endpoint: string };
}

/** A home that believes the provider, until the test ends. */
async function openHome(provider: OAuth2Server, kind: HomeKind = 'memory'): Promise<Home> {
  const { issuer, jwks_uri } = await discovered(provider);
  const home = await openTestHome(kind, { config: believing(jwks_uri, { JWT_ISSUER: issuer }) });
  onTestFinished(() => home.close());
  return home;
}

/** A header with a token that the provider's token endpoint has given this user. */
async function authorized(provider: OAuth2Server, username = 'alice'): Promise<string> {
  const { token_endpoint } = await discovered(provider);
  const response = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      ...{ grant_type: 'password', username, password: 'x', scope: 'images:read images:write' },
    }),
  });
  expect(response.status).toBe(200);
  return `Bearer ${((await response.json()) as { access_token: string }).access_token}`;
}

async function statusOf(home: Home, authorization: string): Promise<number> {
  return (await showing(home, authorization).request('/images')).status;
}

describe.each(DIVIDED_HOMES)('tokens of an OpenID provider (%s)', (kind) => {
  it.each(['RS256', 'PS384', 'ES256', 'ES384', 'EdDSA'])(
    'signed by %s: its users have images',
    async (alg) => {
      const provider = await startProvider('first', alg);
      const home = await openHome(provider, kind);
      const alice = showing(home, await authorized(provider));
      const { path, init } = uploadCall('raw bytes', newPng(), { title: 'Osprey' });
      const image = await expectImage(await alice.request(path, init), 201);
      expect(image).toMatchObject({ user_id: 'alice' });
      expect((await expectList(await alice.request('/images'))).items).toHaveLength(1);
      const bob = showing(home, await authorized(provider, 'bob'));
      await expectProblem(await bob.request(`/images/${image.image_id}`), 'not_found');
    },
  );
});

describe('a provider that changes its key', () => {
  it('publishes another: tokens of both are good, and no request fails meanwhile', async () => {
    const provider = await startProvider();
    const home = await openHome(provider);
    const old = await authorized(provider);
    const statuses = new Set<number>();
    let going = true;
    const users = Array.from({ length: 4 }, async () => {
      while (going) {
        statuses.add(await statusOf(home, old));
        // Others get their turn.
        await setImmediate();
      }
    });
    await expect.poll(() => statuses.size).toBe(1);
    home.clock.advance(PAUSE_MS);
    await provider.issuer.keys.generate('ES256', { kid: 'second' });
    const first = await authorized(provider, 'bob');
    // It takes its keys in turn, and one more of them for the ID token beside each.
    provider.issuer.keys.get();
    const tokens = [first, await authorized(provider, 'bob')];
    const ids = tokens.map((token) => JSON.parse(atob(token.slice(7).split('.')[0] ?? '')).kid as string);
    expect(ids.toSorted()).toEqual(['first', 'second']);
    for (const token of [...tokens, old]) expect(await statusOf(home, token)).toBe(200);
    going = false;
    await Promise.all(users);
    expect([...statuses]).toEqual([200]);
  });

  /** A provider whose old key is no longer published. */
  async function withoutOldKey() {
    const before = await startProvider('first');
    const home = await openHome(before);
    const old = await authorized(before);
    expect(await statusOf(home, old)).toBe(200);
    const { port } = before.address();
    await before.stop();
    const after = await startProvider('second', 'RS256', port);
    return { home, old, after };
  }

  it('withdraws the old one: its tokens end when keys are fetched again', async () => {
    const { home, old } = await withoutOldKey();
    home.clock.advance(KEPT_MS - 1000);
    expect(await statusOf(home, old)).toBe(200);
    home.clock.advance(1000);
    // It was looked at a moment ago.
    expect(await statusOf(home, old)).toBe(200);
    home.clock.advance(REMEMBERED_MS);
    const answer = await showing(home, old).request('/images');
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect((await expectProblem(answer, 'unauthenticated')).detail).toBe(
      'The token is signed with an unknown key.',
    );
  });

  it('withdraws the old one while the clock is ahead: once it is right, the new one is known, and the old one ends', async () => {
    const provider = await startProvider('first');
    const home = await openHome(provider);
    home.clock.advance(A_DAY_SECONDS * 1000);
    const old = await authorized(provider);
    expect(await statusOf(home, old)).toBe(200);
    const { port } = provider.address();
    await provider.stop();
    home.clock.advance(-A_DAY_SECONDS * 1000);
    // What was known goes on while nobody can be asked.
    expect(await statusOf(home, old)).toBe(200);
    home.clock.advance(PAUSE_MS);
    const after = await startProvider('second', 'RS256', port);
    expect(await statusOf(home, await authorized(after))).toBe(200);
    home.clock.advance(REMEMBERED_MS);
    expect(await statusOf(home, old)).toBe(401);
  });

  it('withdraws the old one: its tokens end a minute after a token of the new one is shown', async () => {
    const { home, old, after } = await withoutOldKey();
    home.clock.advance(PAUSE_MS);
    expect(await statusOf(home, await authorized(after))).toBe(200);
    expect(await statusOf(home, old)).toBe(200);
    home.clock.advance(REMEMBERED_MS);
    expect(await statusOf(home, old)).toBe(401);
  });
});

describe('a provider that is down', () => {
  /** A home that has known the provider, which is down now; `unknown` has a key of which it has not heard. */
  async function abandoned() {
    const provider = await startProvider();
    const home = await openHome(provider);
    const [known, fresh] = [await authorized(provider), await authorized(provider, 'bob')];
    expect(await statusOf(home, known)).toBe(200);
    const { port } = provider.address();
    await provider.stop();
    const next = await startProvider('second', 'RS256', port);
    const unknown = await authorized(next);
    await next.stop();
    return { home, known, fresh, unknown, port, keys: next.issuer.keys };
  }

  it('is not missed where its keys are known, for a day', async () => {
    const { home, known, fresh } = await abandoned();
    expect(await statusOf(home, fresh)).toBe(200);
    for (const milliseconds of [REMEMBERED_MS, KEPT_MS, PAUSE_MS, 12 * 3_600_000]) {
      home.clock.advance(milliseconds);
      for (const token of [known, fresh]) expect(await statusOf(home, token)).toBe(200);
    }
    home.clock.advance(OUTLIVE_MS - 12 * 3_600_000);
    await expectProblem(await showing(home, known).request('/images'), 'unavailable');
  });

  it('leaves tokens of other keys undecided: 503, and nothing that says they were bad', async () => {
    const { home, unknown } = await abandoned();
    home.clock.advance(PAUSE_MS);
    const answer = await showing(home, unknown).request('/images');
    expect(answer.headers.has('www-authenticate')).toBe(false);
    expect(answer.headers.get('retry-after')).toBe('5');
    await expectProblem(answer, 'unavailable');
    // What is open stays open, and who shows nothing is asked for a token.
    expect((await showing(home, unknown).request('/health')).status).toBe(200);
    await expectProblem(await home.request('/images'), 'unauthenticated');
  });

  it('is believed again when it is back', async () => {
    const { home, known, unknown, port, keys } = await abandoned();
    home.clock.advance(PAUSE_MS);
    expect(await statusOf(home, unknown)).toBe(503);
    const again = new OAuth2Server();
    for (const key of keys.toJSON(true)) await again.issuer.keys.add(key);
    await started(again, port);
    // Nobody asks again so soon.
    expect(await statusOf(home, unknown)).toBe(503);
    home.clock.advance(PAUSE_MS);
    expect(await statusOf(home, unknown)).toBe(200);
    home.clock.advance(REMEMBERED_MS);
    expect(await statusOf(home, known)).toBe(401);
  });

  it('and never was up: every token is undecided', async () => {
    const provider = await startProvider();
    const home = await openHome(provider);
    const token = await authorized(provider);
    await provider.stop();
    await expectProblem(await showing(home, token).request('/images'), 'unavailable');
  });
});
