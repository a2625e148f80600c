import { describe, expect, test } from 'vitest';
import { input, JPEG, pieces, upload } from '../../test/support/image-inputs.ts';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { contentOf, put } from '../../test/support/stored-bytes.ts';
import { unavailable } from '../domain/errors.ts';
import { newImageId } from '../domain/image-id.ts';
import { attemptObjectKey, strippedObjectKey } from '../domain/object-key.ts';
import { cleanUpObject } from './background/clean-up-object.ts';
import type { Deps } from './deps.ts';
import type { UploadFields, UploadImageOutput } from './upload-image.ts';

const MINUTE = 60_000;
const FAILURE = unavailable('Not now.', new Error('broken'));

/** Where an attempt can be held up, fail, or end: just before a step is done, or once it is. */
const POINTS = [
  'before commit',
  'after commit',
  'before insert',
  'after insert',
  'before answer',
  'after answer',
] as const;
type Point = (typeof POINTS)[number];

/** The steps of an attempt, each with what happens there. */
function stepping(deps: Deps, at: (point: Point) => Promise<void>): Deps {
  const around = async <T>(step: 'commit' | 'insert' | 'answer', run: () => Promise<T>): Promise<T> => {
    await at(`before ${step}`);
    const done = await run();
    await at(`after ${step}`);
    return done;
  };
  return {
    ...deps,
    index: { ...deps.index, insert: (record) => around('insert', () => deps.index.insert(record)) },
    keys: { ...deps.keys, answer: (...given) => around('answer', () => deps.keys.answer(...given)) },
    objects: {
      ...deps.objects,
      async begin() {
        const draft = await deps.objects.begin();
        return { ...draft, commit: (...given) => around('commit', () => draft.commit(...given)) };
      },
    },
  };
}

/** Everything in memory, with a clock that can be put on. */
function world() {
  const memory = memoryDeps();
  let ahead = 0;
  const below = memory.deps.clock;
  const deps: Deps = { ...memory.deps, clock: { now: () => below.now() + ahead } };
  const fields: UploadFields = { user_id: 'alice', title: 'Osprey' };
  const request = (differing: Partial<UploadFields> = {}, bytes = JPEG) => ({
    ...input({ bytes: pieces(bytes), fields: { ...fields, ...differing } }),
    idempotency_key: 'one',
  });
  const attempt = (at: (point: Point) => Promise<void> = async () => {}) =>
    upload(stepping(deps, at), request());
  /** An attempt that is held up at a point until it is let go, or for ever. */
  const heldAt = async (point: Point) => {
    const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ended = attempt(async (now) => {
      if (now !== point) return;
      reached.resolve();
      await gate.promise;
    });
    ended.catch(() => {});
    await reached.promise;
    return {
      async go(fails: boolean) {
        if (fails) gate.reject(FAILURE);
        else gate.resolve();
        return settled(ended);
      },
    };
  };
  const doJobs = async () => {
    for (const job of memory.jobs) if (job.kind === 'clean-up-object') await cleanUpObject(deps, job);
  };
  const wait = () => {
    ahead += MINUTE;
  };
  return { ...memory, deps, request, attempt, heldAt, doJobs, wait };
}

type Ended = UploadImageOutput | undefined;

/** Undefined where it failed as it may: told to come again. */
async function settled(ending: Promise<UploadImageOutput>): Promise<Ended> {
  try {
    return await ending;
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(unavailable|conflict)$/) });
    return undefined;
  }
}

const failingAt =
  (point: Point | undefined) =>
  async (now: Point): Promise<void> => {
    if (now === point) throw FAILURE;
  };

/** One image, whole, of which everybody who was told of one was told; and nothing else. */
async function expectOneImage({ deps, stored, doJobs }: ReturnType<typeof world>, told: readonly Ended[]) {
  await doJobs();
  const { objects, images } = await stored();
  expect([images.length, objects.length]).toEqual([1, 1]);
  for (const output of told) if (output) expect(output.image.image_id).toBe(images[0]);
  const record = await deps.index.get(images[0] ?? '');
  expect(record?.object_key).toBe(objects[0]);
  expect((await contentOf(deps.objects, objects[0] ?? ''))?.equals(JPEG)).toBe(true);
}

const ENDINGS = [undefined, ...POINTS];

describe.each(POINTS)('an attempt that ends %s, as if it had been killed', (point) => {
  test.each(ENDINGS)(
    'and the one that takes over fails %s: the next makes, or finds, the one image',
    async (at) => {
      const here = world();
      await here.heldAt(point);
      here.wait();
      const second = await settled(here.attempt(failingAt(at)));
      // What has failed otherwise has let go of the key.
      if (at === 'before answer') here.wait();
      const third = await settled(here.attempt());
      expect(third).toBeDefined();
      await expectOneImage(here, [second, third, await here.attempt()]);
    },
  );
});

describe.each(POINTS)('an attempt that is held up %s for longer than its lease', (point) => {
  const GOES_ON = [
    ['goes on', false],
    ['fails', true],
  ] as const;

  describe.each(GOES_ON)('and then %s', (_how, fails) => {
    test.each(ENDINGS)('after one that took over and failed %s', async (at) => {
      const here = world();
      const first = await here.heldAt(point);
      here.wait();
      const second = await settled(here.attempt(failingAt(at)));
      // What has failed otherwise has let go of the key.
      if (at === 'before answer') here.wait();
      const late = await first.go(fails);
      const third = await here.attempt();
      await expectOneImage(here, [second, late, third, await here.attempt()]);
    });

    test.each(ENDINGS)('after two that took over, of which the first failed %s', async (at) => {
      const here = world();
      const first = await here.heldAt(point);
      here.wait();
      const second = await settled(here.attempt(failingAt(at)));
      // What has failed otherwise has let go of the key.
      if (at === 'before answer') here.wait();
      const third = await here.attempt();
      await here.doJobs();
      const late = await first.go(fails);
      await expectOneImage(here, [second, third, late, await here.attempt()]);
    });

    test.each(POINTS)('in the midst of one that took over, %s', async (at) => {
      for (const secondFails of [false, true]) {
        const here = world();
        const first = await here.heldAt(point);
        here.wait();
        // Where the first has made the image, the second only finds it: it may never come to the point.
        const reached = await Promise.race([here.heldAt(at), settledSoon()]);
        const late = await first.go(fails);
        const ended = await reached?.go(secondFails);
        here.wait();
        await expectOneImage(here, [late, ended, await here.attempt()]);
      }
    });
  });
});

/** Lets everything run that waits for nothing outside. */
const settledSoon = () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));

describe('taking over', () => {
  test('with another request than that of the image that is there is refused, and changes nothing', async () => {
    const here = world();
    await here.heldAt('before answer');
    here.wait();
    const before = await here.stored();
    for (const other of [here.request({ title: 'Another' }), here.request({}, Buffer.concat([JPEG, JPEG]))]) {
      await expect(upload(here.deps, other)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
      expect(await here.stored()).toEqual(before);
    }
    const found = await here.attempt();
    expect(before.images).toEqual([found.image.image_id]);
  });

  test('finds an image that has been changed since, and answers with what it is now', async () => {
    const here = world();
    await here.heldAt('before answer');
    const [id = ''] = (await here.stored()).images;
    const record = await here.deps.index.get(id);
    if (!record) throw new Error('There is no record.');
    await here.deps.index.replace(record, { ...record, title: 'Evening', tags: ['dusk'], revision: 2 });
    here.wait();
    const { image } = await here.attempt();
    expect(image).toMatchObject({ image_id: id, title: 'Evening' });
  });

  test('finds an image of which something has been removed since, and no other request does', async () => {
    const here = world();
    await here.heldAt('before answer');
    const [id = ''] = (await here.stored()).images;
    const record = await here.deps.index.get(id);
    if (!record) throw new Error('There is no record.');
    const checksum_sha256 = '5e'.repeat(32);
    const object_key = strippedObjectKey(record.object_key, record.checksum_sha256 ?? '', checksum_sha256);
    await put(here.deps.objects, object_key, JPEG);
    await here.deps.index.replace(record, { ...record, object_key, checksum_sha256, background_revision: 1 });
    await here.deps.objects.delete(record.object_key);
    here.wait();
    const other = here.request({}, Buffer.concat([JPEG, JPEG]));
    await expect(upload(here.deps, other)).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect((await here.attempt()).image).toMatchObject({ image_id: id, object_key });
  });

  test('writes no bytes where the image is there, and reserves no room', async () => {
    const here = world();
    await here.heldAt('after insert');
    here.wait();
    const refuse = () => Promise.reject(new Error('not to be called'));
    const deps = {
      ...here.deps,
      objects: { ...here.deps.objects, begin: refuse },
      quotas: { ...here.deps.quotas, reserve: refuse },
    };
    expect((await here.stored()).images).toEqual([(await upload(deps, here.request())).image.image_id]);
  });

  test('waits for a job where the record has come without its bytes', async () => {
    const here = world();
    await here.heldAt('before answer');
    const { objects } = await here.stored();
    await here.deps.objects.delete(objects[0] ?? '');
    here.wait();
    await expect(here.attempt()).rejects.toMatchObject({ code: 'unavailable' });
    const [id = ''] = (await here.stored()).images;
    await cleanUpObject(here.deps, { kind: 'clean-up-object', image_id: id, object_key: objects[0] ?? '' });
    await expectOneImage(here, [await here.attempt()]);
  });
});

test('a repeated request is read and checked, but nothing of it is written or reserved', async () => {
  const here = world();
  const { image } = await here.attempt();
  const refuse = () => Promise.reject(new Error('not to be called'));
  const deps = {
    ...here.deps,
    objects: { ...here.deps.objects, begin: refuse },
    index: { ...here.deps.index, insert: refuse, get: refuse },
    quotas: { ...here.deps.quotas, reserve: refuse },
  };
  expect(await upload(deps, here.request())).toMatchObject({ image, replayed: true });
  const wrong = here.request({ checksum_sha256: '0'.repeat(64) });
  await expect(upload(deps, wrong)).rejects.toMatchObject({ code: 'invalid_request' });
});

test('an upload whose answer cannot be kept has succeeded: that is logged, and a repetition finds it', async () => {
  const here = world();
  const first = await here.attempt(failingAt('before answer'));
  expect(here.log.map(({ level }) => level)).toEqual(['error']);
  await expect(here.attempt()).rejects.toMatchObject({ code: 'conflict', retry_after_seconds: 5 });
  here.wait();
  await expectOneImage(here, [first, await here.attempt()]);
});

test('each attempt has a place of its own for its bytes, which no user can name', () => {
  const id = newImageId(0);
  const places = [0, 1, 2, 11].map((takeovers) => attemptObjectKey('a.t1', id, takeovers));
  expect(places).toEqual([`a%2Et1/${id}`, `a%2Et1/${id}.t1`, `a%2Et1/${id}.t2`, `a%2Et1/${id}.t11`]);
});
