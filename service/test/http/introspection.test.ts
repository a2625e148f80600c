import { describe, expect, it, onTestFinished } from 'vitest';
import { createRateLimiter } from '../../src/http/rate-limiter.ts';
import { expectImage, expectList, expectProblem } from '../support/answers.ts';
import { asUser, showing } from '../support/as-caller.ts';
import { DIVIDED_HOMES, type HomeKind, type HomeOptions, openTestHome } from '../support/homes.ts';
import {
  asking,
  INTROSPECTION_SECRET,
  sendJson,
  startIntrospection,
} from '../support/introspection-server.ts';
import { recordingLog } from '../support/recording-log.ts';
import { believing, useIssuer } from '../support/token-issuer.ts';
import { newPng, upload } from '../support/uploads.ts';

const issuer = useIssuer();

const SECRET = 'a secret of these tests alone, long enough';

/** A home whose issuer is asked about tokens, until the test ends. */
async function askingHome(kind: HomeKind = 'memory', options: HomeOptions = {}) {
  const introspection = await startIntrospection();
  const config = { ...believing(issuer.url, asking(introspection)), ...options.config };
  const home = await openTestHome(kind, { ...options, config });
  onTestFinished(() => home.close());
  return { home, introspection };
}

describe.each(DIVIDED_HOMES)('a right that the issuer takes counts at once (%s)', (kind) => {
  it('of a token that it has withdrawn: 401, and it is called invalid', async () => {
    const { home, introspection } = await askingHome(kind);
    const alice = await asUser(home, issuer, 'alice');
    const { image_id } = await upload(alice, {}, newPng());
    introspection.say({ active: false });
    for (const path of ['/images', `/images/${image_id}`, `/images/${image_id}/content`]) {
      const refused = await alice.request(path);
      expect(refused.headers.get('www-authenticate')).toBe(
        'Bearer realm="tintype", error="invalid_token", error_description="The token has been withdrawn."',
      );
      await expectProblem(refused, 'unauthenticated');
    }
    introspection.say({ active: true });
    await expectImage(await alice.request(`/images/${image_id}`));
  });

  it('of a scope: what it allowed is refused, and the rest goes on', async () => {
    const { home, introspection } = await askingHome(kind);
    const alice = await asUser(home, issuer, 'alice');
    const { image_id } = await upload(alice, {}, newPng());
    introspection.say({ active: true, scope: 'images:read' });
    const refused = await alice.request(`/images/${image_id}`, { method: 'DELETE' });
    expect(refused.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="images:write"',
    );
    await expectProblem(refused, 'forbidden');
    await expectImage(await alice.request(`/images/${image_id}`));
  });

  it("of an admin's: others' images are not there any more", async () => {
    const { home, introspection } = await askingHome(kind);
    const { image_id } = await upload(await asUser(home, issuer, 'alice'), {}, newPng());
    const root = await asUser(home, issuer, 'root', { scope: 'images:read images:admin' });
    await expectImage(await root.request(`/images/${image_id}`));
    introspection.say({ active: true, scope: 'images:read' });
    await expectProblem(await root.request(`/images/${image_id}`), 'not_found');
    expect((await expectList(await root.request('/images'))).items).toEqual([]);
  });
});

describe('the issuer is asked', () => {
  it('once for each request, and of tokens by a shared secret too', async () => {
    const introspection = await startIntrospection();
    const home = await openTestHome('memory', {
      config: believing('', { JWT_SECRET: SECRET, ...asking(introspection) }),
    });
    onTestFinished(() => home.close());
    const token = await issuer.token({}, { alg: 'HS256', key: Buffer.from(SECRET) });
    const alice = showing(home, `Bearer ${token}`);
    for (let n = 0; n < 2; n++) await expectList(await alice.request('/images'));
    expect(introspection.questions.map(({ fields }) => fields['token'])).toEqual([token, token]);
    introspection.say({ active: false });
    await expectProblem(await alice.request('/images'), 'unauthenticated');
  });

  it('of no token that is not good in itself, and of none where nobody needs one', async () => {
    const { home, introspection } = await askingHome();
    const expired = showing(home, `Bearer ${await issuer.token({ exp: 1 })}`);
    await expectProblem(await expired.request('/images'), 'unauthenticated');
    const alice = await asUser(home, issuer, 'alice');
    for (const path of ['/health', '/ready', '/openapi.json', '/nowhere']) await alice.request(path);
    expect(introspection.questions).toEqual([]);
    await expectList(await alice.request('/images'));
    expect(introspection.questions).toHaveLength(1);
  });

  it('no more often than the limit of requests lets the caller ask', async () => {
    const rateLimiter = createRateLimiter({ limit: 2 });
    const { home, introspection } = await askingHome('memory', {
      around: (context) => ({ ...context, rateLimiter }),
    });
    const alice = await asUser(home, issuer, 'alice');
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await alice.request('/images')).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(introspection.questions).toHaveLength(2);
  });

  it('before an admin is shown the metrics', async () => {
    const { home, introspection } = await askingHome('embedded');
    const root = await asUser(home, issuer, 'root', { scope: 'images:admin' });
    expect((await root.request('/metrics')).status).toBe(200);
    introspection.say({ active: true, scope: 'images:read' });
    await expectProblem(await root.request('/metrics'), 'forbidden');
    introspection.say({ active: false });
    await expectProblem(await root.request('/metrics'), 'forbidden');
  });
});

describe('an issuer that cannot tell', () => {
  it('lets nobody in: 503, when to try again, and nothing that says the token was bad', async () => {
    const log = recordingLog();
    const { home, introspection } = await askingHome('memory', { log });
    introspection.answer((response) => sendJson(response, { active: true }, 500));
    const token = await issuer.token();
    const refused = await showing(home, `Bearer ${token}`).request('/images');
    expect(refused.headers.has('www-authenticate')).toBe(false);
    expect(refused.headers.get('retry-after')).toBe('5');
    const { detail } = await expectProblem(refused, 'unavailable');
    expect(detail).toBe("The tokens' issuer cannot be asked about them now.");
    expect(log.entries).toMatchObject([{ level: 'error', fields: { status: 503, err: expect.any(Error) } }]);
    const [{ fields } = { fields: {} }] = log.entries;
    const { err, ...shown } = fields as { err?: Error };
    for (const text of [JSON.stringify(shown), String(err?.stack)]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(INTROSPECTION_SECRET);
    }
    introspection.say({ active: true });
    await expectList(await showing(home, `Bearer ${token}`).request('/images'));
  });
});
