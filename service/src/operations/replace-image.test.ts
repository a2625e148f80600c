import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { png } from '../../test/support/png.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { bytesOf, contentOf, keysOf, put } from '../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { replacementObjectKey } from '../domain/object-key.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import type { ObjectDraft } from '../ports/object-store.ts';
import { doJob } from './background/do-job.ts';
import type { Deps } from './deps.ts';
import { replaceImage } from './replace-image.ts';

const OLD = bytesOf(100);
const NEW = png({ size: 400 });
const IMAGE = sampleRecord({ size_bytes: OLD.length, revision: 3 });
const { image_id, user_id, object_key } = IMAGE;
const keyOf = (attempt: number) => replacementObjectKey(user_id, image_id, 2, attempt);
const NEXT = keyOf(0);

const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const FULL = new DomainError('insufficient_storage', 'There is no room left.');
const fail = () => Promise.reject(FAILURE);
const UNLIMITED = { max_images: null, max_bytes: null };

const CLEAN_UP = { kind: 'clean-up-object', image_id, object_key: NEXT } as const;
const CLEAN_UP_RESERVED = { ...CLEAN_UP, reserved: { user_id, images: 0, bytes: NEW.length } } as const;

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64) yield bytes.subarray(at, at + 64);
}

const replace = (deps: Deps, if_match?: string, bytes: AsyncIterable<Uint8Array> = pieces(NEW)) =>
  replaceImage(deps, ANONYMOUS, { image_id, bytes, size_bytes: undefined, if_match });

/** The image with its bytes, and the room that it takes. */
async function withImage() {
  const memory = memoryDeps();
  const { deps } = memory;
  await (await deps.quotas.reserve(user_id, { images: 1, bytes: OLD.length }, UNLIMITED)).keep(OLD.length);
  await put(deps.objects, object_key, OLD);
  await deps.index.insert(IMAGE);
  const state = async () => ({
    version: (await deps.index.get(image_id))?.version,
    objects: await keysOf(deps.objects),
    bytes: (await deps.quotas.usageOf(user_id)).bytes,
    drafts: (await memory.stored()).drafts,
  });
  const workOff = async () => {
    for (const job of memory.jobs) await doJob(deps, job, { number: 1, isLast: false });
  };
  return { ...memory, state, workOff };
}

const UNTOUCHED = { version: 1, objects: [object_key], bytes: OLD.length, drafts: 0 };
const REPLACED = { version: 2, objects: [object_key, NEXT], bytes: OLD.length + NEW.length, drafts: 0 };

/** The store, whose drafts differ so. */
function withDrafts({ objects }: Deps, differing: Partial<ObjectDraft>): Deps['objects'] {
  return {
    ...objects,
    async begin() {
      const draft = await objects.begin();
      return { ...draft, ...differing };
    },
  };
}

/** The index, in which somebody else does something just before each of our changes. */
function withOthers(index: ImageIndex, before: (current: ImageRecord, nth: number) => Promise<void>) {
  let nth = 0;
  const replacing: ImageIndex['replace'] = async (previous, next, jobs) => {
    const current = await index.get(image_id);
    if (current) await before(current, ++nth);
    await index.replace(previous, next, jobs);
  };
  return { ...index, replace: replacing };
}

describe('a replacement', () => {
  test('stores the bytes, then the record, and queues what is to be made and to go with it', async () => {
    const { deps, state, jobs, log } = await withImage();
    const { image } = await replace(deps, '"1.3"');
    expect(image).toMatchObject({ version: 2, revision: 1, size_bytes: NEW.length, object_key: NEXT });
    expect(await contentOf(deps.objects, NEXT)).toEqual(NEW);
    expect(await state()).toEqual(REPLACED);
    expect(jobs).toEqual([
      { kind: 'process-image', image_id, version: 2 },
      { kind: 'withdraw-image', image_id, user_id, object_keys: [] },
    ]);
    expect(log).toEqual([]);
  });

  test('goes round what attempts have left that were cut off', async () => {
    const { deps, state } = await withImage();
    for (const attempt of [0, 1]) await put(deps.objects, keyOf(attempt), bytesOf(5));
    expect((await replace(deps)).image.object_key).toBe(keyOf(2));
    expect((await state()).bytes).toBe(REPLACED.bytes);
    expect(await contentOf(deps.objects, keyOf(0))).toEqual(bytesOf(5));
  });

  test('gives up where there are too many of them, and takes nothing away', async () => {
    const { deps, state, jobs } = await withImage();
    for (let attempt = 0; attempt <= 20; attempt++) await put(deps.objects, keyOf(attempt), bytesOf(5));
    const before = await state();
    await expect(replace(deps)).rejects.toMatchObject({ code: 'conflict' });
    expect(await state()).toEqual(before);
    expect(jobs).toEqual([]);
  });

  test('keeps what somebody else changes meanwhile', async () => {
    const { deps, state } = await withImage();
    const index = withOthers(deps.index, async (current, nth) => {
      if (nth > 3) return;
      await deps.index.replace(current, { ...current, title: `${nth}`, revision: current.revision + 1 });
    });
    const { image } = await replace({ ...deps, index });
    expect(image).toMatchObject({ title: '3', version: 2 });
    expect(await state()).toEqual(REPLACED);
  });
});

describe('before its bytes are stored', () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield NEW.subarray(0, 300);
    throw new DomainError('invalid_request', 'The request ended before its body was complete.');
  }

  test.each<[string, (deps: Deps) => Promise<unknown>]>([
    ['the record cannot be read', (deps) => replace({ ...deps, index: { ...deps.index, get: fail } })],
    ['no room can be reserved', (deps) => replace({ ...deps, quotas: { ...deps.quotas, reserve: fail } })],
    ['nothing can be begun', (deps) => replace({ ...deps, objects: { ...deps.objects, begin: fail } })],
    ['nothing can be written', (deps) => replace({ ...deps, objects: withDrafts(deps, { write: fail }) })],
    [
      'nobody can see what is there',
      (deps) => {
        const open = (key: string) => (key === NEXT ? fail() : deps.objects.open(key));
        return replace({ ...deps, objects: { ...deps.objects, open } });
      },
    ],
    [
      'the store is full',
      (deps) => {
        return replace({ ...deps, objects: withDrafts(deps, { commit: () => Promise.reject(FULL) }) });
      },
    ],
    ['the caller goes away', (deps) => replace(deps, undefined, broken())],
    ['it turns out to be no image', (deps) => replace(deps, undefined, pieces(bytesOf(200)))],
    ['the ETag is another', (deps) => replace(deps, '"1.2"')],
  ])('it leaves nothing where %s', async (_what, attempt) => {
    const { deps, state, workOff } = await withImage();
    await expect(attempt(deps)).rejects.toBeInstanceOf(DomainError);
    await workOff();
    expect(await state()).toEqual(UNTOUCHED);
  });

  test('what may arrive in the store after all is left to a job', async () => {
    const { deps, state, jobs, workOff } = await withImage();
    const objects = withDrafts(deps, { commit: fail });
    await expect(replace({ ...deps, objects })).rejects.toBe(FAILURE);
    expect(jobs).toEqual([CLEAN_UP]);
    await put(deps.objects, NEXT, NEW);
    await workOff();
    expect(await state()).toEqual(UNTOUCHED);
  });

  test('and so is what cannot be taken back now', async () => {
    const { deps, state, jobs, log } = await withImage();
    const objects = withDrafts(deps, { commit: () => Promise.reject(FULL), discard: fail });
    await expect(replace({ ...deps, objects })).rejects.toBe(FULL);
    expect(jobs).toEqual([CLEAN_UP]);
    expect(log).toMatchObject([{ level: 'error', fields: { err: FAILURE } }]);
    expect((await state()).bytes).toBe(UNTOUCHED.bytes);
  });

  test('two at once: what the other has stored is not taken away', async () => {
    const { deps, state, jobs } = await withImage();
    const objects = withDrafts(deps, {
      async commit() {
        await put(deps.objects, NEXT, bytesOf(7));
        throw new DomainError('conflict', 'There is an object under this key already.');
      },
    });
    await expect(replace({ ...deps, objects })).rejects.toMatchObject({ code: 'conflict' });
    expect(await state()).toEqual({ ...UNTOUCHED, objects: [object_key, NEXT] });
    expect(jobs).toEqual([]);
  });
});

describe('where its record cannot be written', () => {
  test.each<[string, string, (deps: Deps) => ImageIndex, string | undefined]>([
    [
      'the index refuses it',
      'insufficient_storage',
      ({ index }) => ({ ...index, replace: () => Promise.reject(FULL) }),
      undefined,
    ],
    [
      'somebody else is always first',
      'conflict',
      ({ index }) =>
        withOthers(index, (current) =>
          index.replace(current, { ...current, revision: current.revision + 1 }),
        ),
      undefined,
    ],
    [
      'somebody else has changed what the caller has seen',
      'precondition_failed',
      ({ index }) =>
        withOthers(index, (current) =>
          index.replace(current, { ...current, revision: current.revision + 1 }),
        ),
      '"1.3"',
    ],
    [
      'it has gone into the trash meanwhile',
      'not_found',
      ({ index }) =>
        withOthers(index, (current) =>
          index.replace(current, { ...current, deleted_at: IMAGE.updated_at, revision: 4 }),
        ),
      undefined,
    ],
  ])('because %s, its bytes and its room go: %s', async (_why, code, indexOf, if_match) => {
    const { deps, state, jobs } = await withImage();
    await expect(replace({ ...deps, index: indexOf(deps) }, if_match)).rejects.toMatchObject({ code });
    expect(await state()).toEqual(UNTOUCHED);
    expect(jobs).toEqual([]);
  });

  test('because the image was deleted meanwhile, they go as well', async () => {
    const { deps, state } = await withImage();
    const index = withOthers(deps.index, (current) => deps.index.remove(current));
    await expect(replace({ ...deps, index })).rejects.toMatchObject({ code: 'not_found' });
    expect(await state()).toEqual({ ...UNTOUCHED, version: undefined });
  });

  test('and the bytes cannot be taken back now, a job does that', async () => {
    const { deps, state, jobs, workOff } = await withImage();
    const index = { ...deps.index, replace: () => Promise.reject(FULL) };
    await expect(replace({ ...deps, index, objects: { ...deps.objects, delete: fail } })).rejects.toBe(FULL);
    expect(jobs).toEqual([CLEAN_UP]);
    await workOff();
    expect(await state()).toEqual(UNTOUCHED);
  });
});

describe('where nobody knows whether its record has been written', () => {
  test('it has succeeded if it was', async () => {
    const { deps, state, jobs } = await withImage();
    const index: ImageIndex = {
      ...deps.index,
      async replace(...change) {
        await deps.index.replace(...change);
        throw FAILURE;
      },
    };
    expect((await replace({ ...deps, index })).image).toMatchObject({ version: 2, object_key: NEXT });
    expect(await state()).toEqual(REPLACED);
    expect(jobs.map(({ kind }) => kind)).toEqual(['process-image', 'withdraw-image']);
  });

  test('it may still be: bytes and room are left to a job, which takes them back', async () => {
    const { deps, state, jobs, workOff } = await withImage();
    await expect(replace({ ...deps, index: { ...deps.index, replace: fail } })).rejects.toBe(FAILURE);
    expect(jobs).toEqual([CLEAN_UP_RESERVED]);
    expect(await state()).toEqual({ ...REPLACED, version: 1 });
    await workOff();
    expect(await state()).toEqual(UNTOUCHED);
  });

  test('and it is later, all stays as it is then', async () => {
    const { deps, state, workOff, log } = await withImage();
    const { promise: late, resolve: arrive } = Promise.withResolvers<() => Promise<void>>();
    let asked = 0;
    const index: ImageIndex = {
      ...deps.index,
      // What can be read before the change cannot be read after it.
      get: (id) => (++asked > 2 ? fail() : deps.index.get(id)),
      replace: (...change) => {
        arrive(() => deps.index.replace(...change));
        return fail();
      },
    };
    await expect(replace({ ...deps, index })).rejects.toBe(FAILURE);
    expect(log).toMatchObject([{ level: 'error', fields: { err: FAILURE, image_id } }]);
    await (await late)();
    await workOff();
    expect((await state()).objects).toEqual(expect.arrayContaining([object_key, NEXT]));
    expect(await state()).toMatchObject({ version: 2, bytes: REPLACED.bytes });
  });

  test('and no job can be queued either, that is logged, and the first failure is told', async () => {
    const { deps, log } = await withImage();
    const second = unavailable('The queue cannot do this now.', new Error('gone'));
    const jobs = { enqueue: () => Promise.reject(second) };
    const index = { ...deps.index, replace: fail };
    await expect(replace({ ...deps, index, jobs })).rejects.toBe(FAILURE);
    expect(log).toMatchObject([{ level: 'error', fields: { err: second, image_id, object_key: NEXT } }]);
  });
});

test('where no URL can be made in the end, the image is replaced, with its room', async () => {
  const { deps, state } = await withImage();
  const objects = { ...deps.objects, presignRead: fail };
  await expect(replace({ ...deps, objects })).rejects.toBe(FAILURE);
  expect(await state()).toEqual(REPLACED);
});
