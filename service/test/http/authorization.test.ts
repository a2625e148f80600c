import { beforeAll, describe, expect, it } from 'vitest';
import { isImageId, newImageId } from '../../src/domain/image-id.ts';
import { OPERATIONS } from '../../src/operations/manifest.ts';
import { ADMIN_ROWS } from '../support/admin-rows.ts';
import { expectProblem } from '../support/answers.ts';
import { aroundIndex } from '../support/around.ts';
import { asUser, showing } from '../support/as-caller.ts';
import { AUTHORIZATION_ROWS, type AuthorizationRow, OPEN_ROWS } from '../support/authorization-rows.ts';
import { BAD_TOKENS, NO_TOKENS } from '../support/bad-credentials.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';
import { processing, usage } from '../support/image-calls.ts';
import { LARGE } from '../support/large.ts';
import { believing, type Claims, useIssuer } from '../support/token-issuer.ts';

type Home = Omit<TestHome, 'close'>;

/** Who may do what is decided above the stores: those of the homes are in the large run. */
const KINDS = LARGE ? HOMES : (['memory'] as const);

const OWNER: Claims = { sub: 'alice' };
const ADMIN: Claims = { sub: 'root', scope: 'images:admin' };

const ROWS = AUTHORIZATION_ROWS.map((row) => [`${row.operation} at ${row.path}`, row] as const);

/** What the scope of a token may be, but for both. */
const PARTIAL = [
  { scope: 'images:read' },
  { scope: 'images:write' },
  { scope: '' },
  { scope: undefined },
  { scope: 'openid profile images images:readwrite IMAGES:READ images:*' },
] as const;

/** All that is kept of alice's, and of the image, once everything that waits has been done. */
async function everything(home: Home, owner: Home, image_id: string) {
  await home.workOff();
  const record = isImageId(image_id) ? await home.context.deps.index.get(image_id) : undefined;
  return { stored: await home.stored(), record, usage: await usage(owner, 'alice') };
}

/** An answer but for what differs from one moment to the next. */
async function answerOf(response: Response) {
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, body: await response.text() };
}

describe('the table of operations', () => {
  it('has a row for each path of the manifest', () => {
    const paths = OPERATIONS.flatMap(({ name, path, aliases }) =>
      [path, ...aliases].map((each) => `${name} at ${each}`),
    );
    const rows = [...AUTHORIZATION_ROWS, ...OPEN_ROWS, ...ADMIN_ROWS].map(
      ({ operation, path }) => `${operation} at ${path}`,
    );
    expect(rows.toSorted()).toEqual(paths.toSorted());
  });

  it('calls each operation by its method, at its path', () => {
    const target = { user_id: 'alice', image_id: newImageId(Date.now()) };
    for (const { operation, path, call } of [...AUTHORIZATION_ROWS, ...OPEN_ROWS]) {
      const called = call(target);
      const row = OPERATIONS.find(({ name }) => name === operation);
      expect(called.init.method ?? 'GET', operation).toBe(row?.method);
      const pattern = path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('/', '\\/');
      expect(called.path.split('?')[0], operation).toMatch(new RegExp(`^${pattern}$`));
    }
  });

  it('knows what is open, and which scope each other one takes', () => {
    const open = OPERATIONS.filter(({ scope }) => scope === 'open').map(({ name }) => name);
    expect(OPEN_ROWS.map(({ operation }) => operation)).toEqual(open);
    const forAdmins = OPERATIONS.filter(({ scope }) => scope === 'images:admin').map(({ name }) => name);
    expect(ADMIN_ROWS.map(({ operation }) => operation).toSorted()).toEqual(forAdmins.toSorted());
    for (const { operation, scope } of AUTHORIZATION_ROWS) {
      expect(OPERATIONS.find(({ name }) => name === operation)?.scope, operation).toBe(scope);
    }
  });
});

describe.each(KINDS)('authorization (%s)', (kind) => {
  const now = () => home.clock.now();
  const issuer = useIssuer(now);
  const attacker = useIssuer(now);
  let reads = 0;
  const home = useHome(kind, () => ({
    config: { ...believing(issuer.url), ...processing({ trashDays: 1 }), webhooks: 'internal' },
    around: aroundIndex((index) => ({
      get(id) {
        reads++;
        return index.get(id);
      },
    })),
  }));
  const as = (claims: Claims) => asUser(home, issuer, 'alice', claims);
  const parts = () => ({ issuer, attacker, now: now() });

  const ask = (row: Pick<AuthorizationRow, 'call'>, caller: Home, image_id: string) => {
    const { path, init } = row.call({ user_id: 'alice', image_id });
    // Ids of requests stand in their answers: so two can be the same.
    const headers = { ...Object.fromEntries(new Headers(init.headers)), 'x-request-id': 'the-same' };
    return caller.request(path, { ...init, headers });
  };

  describe.each(ROWS)('%s is refused', (_name, row) => {
    let image_id = '';
    let before: unknown;
    const refused = (caller: Home) => ask(row, caller, image_id);

    beforeAll(async () => {
      const owner = await as(OWNER);
      image_id = await row.prepare(owner);
      before = await everything(home, owner, image_id);
    });

    it.each(Object.entries(NO_TOKENS))('with %s: 401, and a token is asked for', async (_what, make) => {
      const response = await refused(showing(home, await make(parts())));
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tintype"');
      await expectProblem(response, 'unauthenticated');
    });

    it.each(Object.entries(BAD_TOKENS))('with %s: 401, and that is called invalid', async (_what, make) => {
      const response = await refused(showing(home, await make(parts())));
      expect(response.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="tintype", error="invalid_token", error_description="[^"\\]+"$/,
      );
      await expectProblem(response, 'unauthenticated');
      expect(attacker.fetches()).toBe(0);
    });

    it.each(PARTIAL.filter(({ scope }) => scope !== row.scope))(
      "with a token of the owner's whose scope is $scope: 403, and the scope is named",
      async (claims) => {
        const response = await refused(await as({ ...OWNER, ...claims }));
        expect(response.headers.get('www-authenticate')).toBe(
          `Bearer realm="tintype", error="insufficient_scope", scope="${row.scope}"`,
        );
        await expectProblem(response, 'forbidden');
      },
    );

    it('to another user', async () => {
      const response = await refused(await as({ sub: 'bob' }));
      expect(response.headers.has('www-authenticate')).toBe(false);
      if (row.other === 403) await expectProblem(response, 'forbidden');
      else if (row.other === 404) await expectProblem(response, 'not_found');
      else {
        const { items } = (await response.json()) as { items: object[] };
        expect(items).toEqual([expect.objectContaining({ image_id, status: 404, code: 'not_found' })]);
      }
    });

    it('and nothing of it has changed anything', async () => {
      expect(await everything(home, await as(OWNER), image_id)).toEqual(before);
    });
  });

  describe.each(OPEN_ROWS)('$operation is done', (row) => {
    it.each(Object.entries({ ...NO_TOKENS, ...BAD_TOKENS }))('with %s', async (_what, make) => {
      const image_id = await row.prepare(await as(OWNER));
      const response = await ask(row, showing(home, await make(parts())), image_id);
      expect(response.status).toBe(row.done);
    });

    it.each([OWNER, { sub: 'bob' }, ADMIN, { ...OWNER, scope: '' }])('with a token of %j', async (claims) => {
      const image_id = await row.prepare(await as(OWNER));
      expect((await ask(row, await as(claims), image_id)).status).toBe(row.done);
    });
  });

  describe.each(ADMIN_ROWS)('$operation', (row) => {
    const { method = 'GET' } = row.call('id').init;
    const ask = (caller: Home, id: string) => {
      const { path, init } = row.call(id);
      return caller.request(path, init);
    };

    it(`is ${method}, as in the manifest`, () => {
      expect(OPERATIONS.find(({ name }) => name === row.operation)?.method).toBe(method);
    });

    it.each(Object.entries({ ...NO_TOKENS, ...BAD_TOKENS }))(
      'is refused with %s: 401',
      async (_what, make) => {
        await expectProblem(await ask(showing(home, await make(parts())), newImageId(0)), 'unauthenticated');
      },
    );

    it.each([OWNER, { sub: 'bob' }, ...PARTIAL.map((claims) => ({ ...OWNER, ...claims }))])(
      'is refused to a token of %j: 403, and the scope is named',
      async (claims) => {
        const response = await ask(await as(claims), newImageId(0));
        expect(response.headers.get('www-authenticate')).toContain(
          'error="insufficient_scope", scope="images:admin"',
        );
        await expectProblem(response, 'forbidden');
      },
    );

    it('is done for an admin, where webhooks are on', async () => {
      const admin = await as(ADMIN);
      if (home.context.deps.webhooks === undefined) {
        await expectProblem(await ask(admin, newImageId(0)), 'not_configured');
        return;
      }
      expect((await ask(admin, await row.prepare(admin))).status).toBe(row.done);
    });
  });

  describe.each(ROWS)('%s is done', (_name, row) => {
    it.each([
      ['for the owner', OWNER],
      ['for the owner with the scope that it takes alone', { ...OWNER, scope: row.scope }],
      ['for an admin, as for the owner', ADMIN],
    ])('%s', async (_who, claims) => {
      const image_id = await row.prepare(await as(OWNER));
      const response = await ask(row, await as(claims), image_id);
      expect(response.status, await response.text()).toBe(row.done);
    });
  });

  it.each(ROWS.filter(([, { other }]) => other !== 403))(
    "%s: somebody else's image cannot be told from one that does not exist",
    async (_name, row) => {
      const foreign = await row.prepare(await as(OWNER));
      const missing = newImageId(now());
      const bob = await as({ sub: 'bob' });
      const readsOf = async (image_id: string) => {
        reads = 0;
        const answer = await answerOf(await ask(row, bob, image_id));
        return { ...answer, body: answer.body.replaceAll(image_id, 'the image'), reads };
      };
      const told = await readsOf(foreign);
      expect(told).toEqual(await readsOf(missing));
      expect(told.reads).toBeGreaterThan(0);
    },
  );
});
