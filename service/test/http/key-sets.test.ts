import type { ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectList, expectProblem } from '../support/answers.ts';
import { asUser, showing } from '../support/as-caller.ts';
import { openTestHome, type TestHome } from '../support/homes.ts';
import { type KeyServer, startKeyServer } from '../support/key-server.ts';
import { believing, startIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const PAUSE_MS = 5_000;

type Home = Omit<TestHome, 'close'>;

async function openHome(url: string): Promise<Home> {
  const home = await openTestHome('memory', { config: believing(url) });
  onTestFinished(() => home.close());
  return home;
}

async function anIssuer(): Promise<TokenIssuer> {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.stop());
  return issuer;
}

const headed =
  (status: number, headers: Record<string, string>, body = '') =>
  (response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };

const JSON_TYPE = { 'content-type': 'application/json' };

/** More than 256 KiB, as one key set. */
const HUGE = JSON.stringify({ keys: [], more: 'x'.repeat(300 * 1024) });

const HOSTILE: readonly (readonly [what: string, answer: (response: ServerResponse) => void])[] = [
  ['that is no JSON', headed(200, JSON_TYPE, '<html>')],
  ['that is empty', headed(200, JSON_TYPE)],
  ['that is JSON and no key set', headed(200, JSON_TYPE, '{"issuer":"https://issuer.example"}')],
  ['whose keys are no list', headed(200, JSON_TYPE, '{"keys":{"a":1}}')],
  ['whose keys are none', headed(200, JSON_TYPE, '{"keys":["a",null,7]}')],
  ['of 256 KiB and more', headed(200, JSON_TYPE, HUGE)],
  [
    'without an end',
    (response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
      };
      response.writeHead(200, JSON_TYPE).on('drain', more);
      more();
    },
  ],
  [
    'that breaks off',
    (response) => response.writeHead(200, { 'content-length': '9' }).write('{', () => response.destroy()),
  ],
  ['of status 500', headed(500, JSON_TYPE, '{"keys":[]}')],
  ['of status 404', headed(404, JSON_TYPE, '{"keys":[]}')],
  ['of status 204', headed(204, {})],
];

describe('an answer to who asks for keys', () => {
  it.each(HOSTILE)('%s: 503, and the next time it may be right', async (_what, answer) => {
    const issuer = await anIssuer();
    const server = await startKeyServer((_request, response) => answer(response));
    const home = await openHome(server.url);
    const alice = await asUser(home, issuer, 'alice');
    const refused = await alice.request('/images');
    expect(refused.headers.has('www-authenticate')).toBe(false);
    await expectProblem(refused, 'unavailable');
    await passOn(server, issuer);
    home.clock.advance(PAUSE_MS);
    await expectList(await alice.request('/images'));
  });

  it('that never comes is not waited for', async () => {
    const issuer = await anIssuer();
    const server = await startKeyServer(() => {});
    const home = await openHome(server.url);
    const alice = await asUser(home, issuer, 'alice');
    await expectProblem(await alice.request('/images'), 'unavailable');
    expect(server.asked).toHaveLength(1);
  });

  it('that never comes is waited for by nobody whose key is known', async () => {
    const issuer = await anIssuer();
    const server = await startKeyServer(() => {});
    await passOn(server, issuer);
    const home = await openHome(server.url);
    const alice = await asUser(home, issuer, 'alice');
    await expectList(await alice.request('/images'));
    server.answer((_request, response) => response.writeHead(500).end());
    home.clock.advance(600_000);
    await expectList(await alice.request('/images'));
    // From now on it hangs: a request that waited would take as long as the fetch.
    server.answer(() => {});
    home.clock.advance(60_000);
    await expectList(await alice.request('/images'));
    await expect.poll(() => server.asked.length).toBe(3);
  });

  it('that leads elsewhere is not followed', async () => {
    const issuer = await anIssuer();
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await startKeyServer((_request, response) =>
        headed(status, { location: issuer.url })(response),
      );
      const home = await openHome(server.url);
      const alice = await asUser(home, issuer, 'alice');
      await expectProblem(await alice.request('/images'), 'unavailable');
    }
    expect(issuer.fetches()).toBe(0);
  });

  it('with private and shared keys in it makes nobody believe these', async () => {
    const secret = Buffer.alloc(32, 7);
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const keys = [
      { kty: 'oct', k: secret.toString('base64url'), kid: 'shared', alg: 'HS256' },
      { ...(await exportJWK(privateKey)), kid: 'private', alg: 'ES256' },
    ];
    const server = await startKeyServer((_request, response) =>
      headed(200, JSON_TYPE, JSON.stringify({ keys }))(response),
    );
    const issuer = await anIssuer();
    const home = await openHome(server.url);
    const shared = await issuer.token({}, { alg: 'HS256', key: secret, header: { kid: 'shared' } });
    await expectProblem(await showing(home, `Bearer ${shared}`).request('/images'), 'unauthenticated');
  });
});

/** From now on the server has the issuer's keys. */
async function passOn(server: KeyServer, issuer: TokenIssuer): Promise<void> {
  const keys = await (await fetch(issuer.url)).text();
  server.answer((_request, response) => headed(200, JSON_TYPE, keys)(response));
}

describe('how often keys are asked for', () => {
  /** That many tokens, each naming another key that nobody knows. */
  const strangers = (issuer: TokenIssuer, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => issuer.token({}, { header: { kid: `none ${n}` } })));

  const statuses = async (home: Home, tokens: readonly string[]) => {
    const answers = tokens.map((token) => showing(home, `Bearer ${token}`).request('/images'));
    return new Set((await Promise.all(answers)).map(({ status }) => status));
  };

  it('once by all who are first', async () => {
    const issuer = await anIssuer();
    const home = await openHome(issuer.url);
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, n) => issuer.token({ sub: `user ${n}` })),
    );
    expect(await statuses(home, tokens)).toEqual(new Set([200]));
    expect(issuer.fetches()).toBe(1);
  });

  it('once in five seconds, whatever keys tokens name', async () => {
    const issuer = await anIssuer();
    const home = await openHome(issuer.url);
    expect(await statuses(home, [await issuer.token()])).toEqual(new Set([200]));
    for (let pauses = 1; pauses <= 3; pauses++) {
      expect(await statuses(home, await strangers(issuer, 30))).toEqual(new Set([401]));
      expect(issuer.fetches()).toBe(pauses);
      home.clock.advance(PAUSE_MS);
    }
  });

  it('once in five seconds as well where they cannot be had', async () => {
    const issuer = await anIssuer();
    const server = await startKeyServer((_request, response) => headed(500, {})(response));
    const home = await openHome(server.url);
    for (let pauses = 1; pauses <= 3; pauses++) {
      for (let times = 0; times < 2; times++) {
        expect(await statuses(home, await strangers(issuer, 10))).toEqual(new Set([503]));
      }
      expect(server.asked).toHaveLength(pauses);
      home.clock.advance(PAUSE_MS);
    }
  });

  it('never because of a token that is no token, or is signed by what no public key is for', async () => {
    const issuer = await anIssuer();
    const home = await openHome(issuer.url);
    const shared = await issuer.token({}, { alg: 'HS256', key: Buffer.alloc(32) });
    expect(await statuses(home, ['alice', 'a.b.c', shared])).toEqual(new Set([401]));
    expect(issuer.fetches()).toBe(0);
  });
});
