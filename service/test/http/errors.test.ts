import { describe, expect, it } from 'vitest';
import { DomainError, unavailable } from '../../src/domain/errors.ts';
import type { AppContext } from '../../src/http/context.ts';
import { expectEmpty, expectImage, expectProblem } from '../support/answers.ts';
import { aroundDrafts, aroundIndex, aroundObjects } from '../support/around.ts';
import { DIVIDED_HOMES, NOTHING, openTestHome, SERVING_HOMES, useHome } from '../support/homes.ts';
import { recordingLog } from '../support/recording-log.ts';
import { newPng, upload, uploadCall } from '../support/uploads.ts';

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

/** One form for each way in which a body is read. */
const FORMS = ['JSON with base64', 'a form with the file first', 'raw bytes'];

describe.each(DIVIDED_HOMES)('an upload that fails on our side leaves nothing (%s)', (kind) => {
  it.each(UPLOAD_FAULTS)('%s: 503, 507 or 500, and nothing of the cause', async (_what, around) => {
    await using homes = new AsyncDisposableStack();
    let error: Fail = failure;
    const options = { around: around(() => error()) };
    const home = homes.adopt(await openTestHome(kind, options), (opened) => opened.close());
    for (const [code, outcome] of OUTCOMES) {
      error = outcome;
      for (const form of FORMS) {
        for (const image of [newPng(), newPng(2_000_000)]) {
          const { path, init } = uploadCall(form, image, { user_id: 'alice' });
          await expectProblem(await home.request(path, init), code);
        }
      }
    }
    expect(await home.stored()).toEqual(NOTHING);
  });
});

const TROUBLES: readonly (readonly [what: string, method: string, around: (error: Fail) => Around])[] = [
  ['a view, the index', 'GET', (error) => aroundIndex(() => ({ get: fails(error) }))],
  ['a view, the object store', 'GET', (error) => aroundObjects(() => ({ presignRead: fails(error) }))],
  ['a change, the index while reading', 'PATCH', (error) => aroundIndex(() => ({ get: fails(error) }))],
  ['a change, the index while writing', 'PATCH', (error) => aroundIndex(() => ({ replace: fails(error) }))],
  ['a deletion, the index while reading', 'DELETE', (error) => aroundIndex(() => ({ get: fails(error) }))],
  ['a deletion, the object store', 'DELETE', (error) => aroundObjects(() => ({ delete: fails(error) }))],
  ['a deletion, the index while writing', 'DELETE', (error) => aroundIndex(() => ({ remove: fails(error) }))],
];

describe.each(DIVIDED_HOMES)('a part that fails at the rest of the API (%s)', (kind) => {
  it.each(TROUBLES)('%s: 503, 507 or 500, never "not found"', async (_what, method, around) => {
    await using homes = new AsyncDisposableStack();
    const trouble: Trouble = { error: undefined };
    const options = { around: during(trouble, around) };
    const home = homes.adopt(await openTestHome(kind, options), (opened) => opened.close());
    const { image_id } = await upload(home);
    const body = method === 'PATCH' ? { body: '{"title":"x"}' } : {};
    for (const [code, error] of OUTCOMES) {
      trouble.error = error;
      await expectProblem(await home.request(`/images/${image_id}`, { method, ...body }), code);
    }
    trouble.error = undefined;
    await expectImage(await home.request(`/images/${image_id}`));
  });

  it('a list: 503, 507 or 500', async () => {
    await using homes = new AsyncDisposableStack();
    const trouble: Trouble = { error: undefined };
    const around = during(trouble, (error) => aroundIndex(() => ({ list: fails(error) })));
    const home = homes.adopt(await openTestHome(kind, { around }), (opened) => opened.close());
    await upload(home);
    for (const [code, error] of OUTCOMES) {
      trouble.error = error;
      await expectProblem(await home.request('/images'), code);
    }
  });
});

describe.each(SERVING_HOMES)('an object store that fails at a presigned URL (%s)', (kind) => {
  it('503, 507 or 500, never "not found"', async () => {
    await using homes = new AsyncDisposableStack();
    const trouble: Trouble = { error: undefined };
    const around = during(trouble, (error) => aroundObjects(() => ({ open: fails(error) })));
    const home = homes.adopt(await openTestHome(kind, { around }), (opened) => opened.close());
    const { url } = await upload(home);
    for (const [code, error] of OUTCOMES) {
      trouble.error = error;
      const { status } = await expectProblem(await home.follow(url ?? ''), code);
      await expectEmpty(await home.follow(url ?? '', { method: 'HEAD' }), status);
    }
  });
});

interface Trouble {
  error: Fail | undefined;
}

/** The home's own parts until there is trouble, the failing ones while there is. */
function during(trouble: Trouble, around: (error: Fail) => Around): Around {
  return (context) => {
    const failing = around(() => trouble.error?.() ?? new Error('There is no trouble.'));
    const parts = () => (trouble.error ? failing(context) : context).deps;
    const deps = Object.defineProperties(
      { ...context.deps },
      { index: { get: () => parts().index }, objects: { get: () => parts().objects } },
    );
    return { ...context, deps };
  };
}

describe.each(DIVIDED_HOMES)('a deletion that has failed half way (%s)', (kind) => {
  it('keeps the record while the bytes are there; once they are gone a second try ends it', async () => {
    await using homes = new AsyncDisposableStack();
    const trouble: Trouble = { error: failure };
    const around = during(trouble, (error) => aroundIndex(() => ({ remove: fails(error) })));
    const home = homes.adopt(await openTestHome(kind, { around }), (opened) => opened.close());
    const { image_id } = await upload(home);
    const remove = () => home.request(`/images/${image_id}`, { method: 'DELETE' });
    await expectProblem(await remove(), 'unavailable');
    trouble.error = undefined;
    await expectImage(await home.request(`/images/${image_id}`));
    await expectEmpty(await remove(), 204);
    expect(await home.stored()).toEqual(NOTHING);
  });
});

describe('what a failure leaves in the log', () => {
  it('is one line with the request id of the answer and the cause', async () => {
    const log = recordingLog();
    const around = aroundIndex(() => ({ get: fails(defect), list: fails(failure) }));
    const home = await openTestHome('memory', { log, around });
    const id = '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11';
    const view = await expectProblem(await home.request(`/images/${id}`), 'internal');
    const list = await expectProblem(await home.request('/images?user_id=alice'), 'unavailable');
    expect(log.entries).toMatchObject([
      { level: 'error', fields: { request_id: view.request_id, status: 500, route: '/images/:image_id' } },
      { level: 'error', fields: { request_id: list.request_id, status: 503, route: '/images' } },
    ]);
    expect(log.entries.map(({ fields }) => String(fields['err']))).toEqual([
      `TypeError: ${SECRET}`,
      `Error: ${SECRET}`,
    ]);
    expect(JSON.stringify(log.entries)).not.toContain('alice');
  });

  it('when the bytes of a failed upload cannot be taken back, says that too', async () => {
    const log = recordingLog();
    const around = (context: AppContext) =>
      aroundObjects(() => ({ delete: fails(full) }))(
        aroundIndex(() => ({ insert: fails(failure) }))(context),
      );
    const home = await openTestHome('memory', { log, around });
    const { path, init } = uploadCall('raw bytes', newPng(), { user_id: 'alice' });
    await expectProblem(await home.request(path, init), 'unavailable');
    expect(log.entries.map(({ level }) => level)).toEqual(['error', 'error']);
    expect(log.entries[0]?.fields).toMatchObject({
      image_id: expect.any(String),
      err: { code: 'insufficient_storage' },
    });
  });

  it('a request that goes well is one line with what it was, and no name of a user', async () => {
    const log = recordingLog();
    const home = await openTestHome('memory', { log });
    const image = newPng();
    const { path, init } = uploadCall('raw bytes', image, { user_id: 'alice' });
    await expectImage(await home.request(path, init), 201);
    expect(log.entries).toMatchObject([
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
    expect(JSON.stringify(log.entries)).not.toContain('alice');
  });
});

describe.each(DIVIDED_HOMES)('the id of a request (%s)', (kind) => {
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
