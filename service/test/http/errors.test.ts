import { describe, expect, it } from 'vitest';
import { DomainError, unavailable } from '../../src/domain/errors.ts';
import type { AppContext } from '../../src/http/context.ts';
import type { Log } from '../../src/ports/log.ts';
import { expectEmpty, expectImage, expectProblem } from '../support/answers.ts';
import { aroundDrafts, aroundIndex, aroundObjects } from '../support/around.ts';
import { HOMES, NOTHING, openTestHome, useHome } from '../support/homes.ts';
import { FORM_NAMES, newPng, upload, uploadCall } from '../support/uploads.ts';

/** What a failing part says of itself, none of which may reach a caller. */
const SECRET = 'EIO: i/o error, open /var/lib/tintype/objects/alice/secret';
const failure = () => unavailable('A part cannot do this now.', new Error(SECRET));
const full = () =>
  new DomainError('insufficient_storage', 'There is no room left.', { cause: new Error(SECRET) });
const defect = () => new TypeError(SECRET);

type Around = (context: AppContext) => AppContext;
type Fail = () => Error;

const fails = (error: Fail) => async () => Promise.reject(error());

/** What an upload needs, and how it fails. */
const UPLOAD_FAULTS: readonly (readonly [what: string, around: (error: Fail) => Around])[] = [
  ['the object store cannot begin', (error) => aroundObjects(() => ({ begin: fails(error) }))],
  ['the object store cannot write', (error) => aroundDrafts(() => ({ write: fails(error) }))],
  ['the object store cannot commit', (error) => aroundDrafts(() => ({ commit: fails(error) }))],
  ['the index cannot insert', (error) => aroundIndex(() => ({ insert: fails(error) }))],
];

const OUTCOMES = [
  ['unavailable', failure],
  ['insufficient_storage', full],
  ['internal', defect],
] as const;

describe.each(HOMES)(
  'an upload that fails on our side says no more than that, and leaves nothing (%s)',
  (kind) => {
    describe.each(UPLOAD_FAULTS)('%s', (_what, around) => {
      it.each(OUTCOMES)('%s', async (code, error) => {
        await using homes = new AsyncDisposableStack();
        const home = homes.adopt(await openTestHome(kind, { around: around(error) }), (opened) =>
          opened.close(),
        );
        for (const form of FORM_NAMES) {
          for (const image of [newPng(), newPng(2_000_000)]) {
            const { path, init } = uploadCall(form, image, { user_id: 'alice' });
            await expectProblem(await home.request(path, init), code);
          }
        }
        expect(await home.stored()).toEqual(NOTHING);
      });
    });
  },
);

const TROUBLES: readonly (readonly [what: string, method: string, around: (error: Fail) => Around])[] = [
  ['a view, the index', 'GET', (error) => aroundIndex(() => ({ get: fails(error) }))],
  ['a view, the object store', 'GET', (error) => aroundObjects(() => ({ presignRead: fails(error) }))],
  ['a change, the index while reading', 'PATCH', (error) => aroundIndex(() => ({ get: fails(error) }))],
  ['a change, the index while writing', 'PATCH', (error) => aroundIndex(() => ({ replace: fails(error) }))],
  ['a deletion, the index while reading', 'DELETE', (error) => aroundIndex(() => ({ get: fails(error) }))],
  ['a deletion, the index while writing', 'DELETE', (error) => aroundIndex(() => ({ remove: fails(error) }))],
  ['a deletion, the object store', 'DELETE', (error) => aroundObjects(() => ({ delete: fails(error) }))],
];

describe.each(HOMES)('a part that fails at the rest of the API (%s)', (kind) => {
  it.each(TROUBLES)(
    '%s: 503 or 500, never "not found", and nothing of the cause',
    async (_what, method, around) => {
      for (const [code, error] of OUTCOMES) {
        await using homes = new AsyncDisposableStack();
        const trouble = { now: false };
        const home = homes.adopt(await openTestHome(kind, { around: when(trouble, around(error)) }), (h) =>
          h.close(),
        );
        const image = await upload(home);
        trouble.now = true;
        const body = method === 'PATCH' ? { body: '{"title":"x"}' } : {};
        await expectProblem(await home.request(`/images/${image.image_id}`, { method, ...body }), code);
      }
    },
  );

  it('a list', async () => {
    for (const [code, error] of OUTCOMES) {
      await using homes = new AsyncDisposableStack();
      const around = aroundIndex(() => ({ list: fails(error) }));
      const home = homes.adopt(await openTestHome(kind, { around }), (opened) => opened.close());
      await expectProblem(await home.request('/images'), code);
    }
  });

  it('the bytes', async () => {
    for (const [code, error] of OUTCOMES) {
      await using homes = new AsyncDisposableStack();
      const around = aroundObjects(() => ({ open: fails(error) }));
      const home = homes.adopt(await openTestHome(kind, { around }), (opened) => opened.close());
      const { url } = await upload(home);
      await expectProblem(await home.follow(url ?? ''), code);
      await expectEmpty(
        await home.follow(url ?? '', { method: 'HEAD' }),
        await statusOf(home.follow(url ?? '')),
      );
    }
  });
});

const statusOf = async (response: Promise<Response>) => (await response).status;

/** The home's own parts until there is trouble, the failing ones from then on. */
function when(trouble: { readonly now: boolean }, around: Around): Around {
  return (context) => {
    const failing = around(context);
    const deps = {
      get index() {
        return trouble.now ? failing.deps.index : context.deps.index;
      },
      get objects() {
        return trouble.now ? failing.deps.objects : context.deps.objects;
      },
    };
    return {
      ...context,
      deps: Object.defineProperties({ ...context.deps }, Object.getOwnPropertyDescriptors(deps)),
    };
  };
}

describe.each(HOMES)('a deletion that has failed half way (%s)', (kind) => {
  it('keeps the record while the bytes are there; once they are gone a second try ends it', async () => {
    await using homes = new AsyncDisposableStack();
    const trouble = { now: false };
    const around = when(
      trouble,
      aroundIndex(() => ({ remove: fails(failure) })),
    );
    const home = homes.adopt(await openTestHome(kind, { around }), (opened) => opened.close());
    const { image_id } = await upload(home);
    trouble.now = true;
    const remove = () => home.request(`/images/${image_id}`, { method: 'DELETE' });
    await expectProblem(await remove(), 'unavailable');
    trouble.now = false;
    await expectImage(await home.request(`/images/${image_id}`));
    await expectEmpty(await remove(), 204);
    expect(await home.stored()).toEqual(NOTHING);
  });
});

describe('what a failure leaves in the log', () => {
  const lines: { level: string; fields: Record<string, unknown> }[] = [];
  const write = (level: string) => (fields: object) => void lines.push({ level, fields: { ...fields } });
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') };

  it('is one line with the request id of the answer and the cause', async () => {
    const around = aroundIndex(() => ({ get: fails(defect), list: fails(failure) }));
    const home = await openTestHome('memory', { log, around });
    const id = '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11';
    const view = await expectProblem(await home.request(`/images/${id}`), 'internal');
    const list = await expectProblem(await home.request('/images?user_id=alice'), 'unavailable');
    expect(lines).toMatchObject([
      { level: 'error', fields: { request_id: view.request_id, status: 500, route: '/images/:image_id' } },
      { level: 'error', fields: { request_id: list.request_id, status: 503, route: '/images' } },
    ]);
    expect(lines.map(({ fields }) => String(fields['err']))).toEqual([
      `TypeError: ${SECRET}`,
      `Error: ${SECRET}`,
    ]);
    expect(JSON.stringify(lines)).not.toContain('alice?');
  });

  it('when the bytes of a failed upload cannot be taken back, says that too', async () => {
    lines.length = 0;
    const around = (context: AppContext) =>
      aroundObjects(() => ({ delete: fails(full) }))(
        aroundIndex(() => ({ insert: fails(failure) }))(context),
      );
    const home = await openTestHome('memory', { log, around });
    const { path, init } = uploadCall('raw bytes', newPng(), { user_id: 'alice' });
    await expectProblem(await home.request(path, init), 'unavailable');
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error']);
    expect(lines[0]?.fields).toMatchObject({
      image_id: expect.any(String),
      err: { code: 'insufficient_storage' },
    });
  });

  it('a request that goes well is one line with what it was, and no name of a user', async () => {
    lines.length = 0;
    const home = await openTestHome('memory', { log });
    const image = newPng();
    const { path, init } = uploadCall('raw bytes', image, { user_id: 'alice' });
    await expectImage(await home.request(path, init), 201);
    expect(lines).toMatchObject([
      {
        level: 'info',
        fields: {
          method: 'POST',
          route: '/images',
          status: 201,
          caller: 'anonymous',
          bytes_in: image.length,
        },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('alice');
  });
});

describe.each(HOMES)('the id of a request (%s)', (kind) => {
  const home = useHome(kind);
  const idOf = async (given?: string) => {
    const headers = given === undefined ? {} : { 'x-request-id': given };
    const problem = await expectProblem(await home.request('/images/x', { headers }), 'not_found');
    return problem.request_id;
  };

  it.each(['a', 'trace-1.2_3:4', 'x'.repeat(128), '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11'])(
    "the caller's own is kept: %s",
    async (given) => {
      expect(await idOf(given)).toBe(given);
    },
  );

  it.each(['', 'x'.repeat(129), 'a b', 'a,b', '<script>', 'a"b', 'a/b', 'é'])(
    'what is not well-formed is replaced: %j',
    async (given) => {
      expect(await idOf(given)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('without one there is a new one each time', async () => {
    expect(await idOf()).not.toBe(await idOf());
  });
});
