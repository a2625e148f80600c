import { describe, expect, test } from 'vitest';
import { input, JPEG, pieces, upload } from '../../test/support/image-inputs.ts';
import { memoryDeps, NOTHING } from '../../test/support/memory-deps.ts';
import { put } from '../../test/support/stored-bytes.ts';
import { DomainError, invalidField, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import type { ObjectDraft, ObjectStore } from '../ports/object-store.ts';
import { cleanUpObject } from './background/clean-up-object.ts';
import { doJob } from './background/do-job.ts';
import type { UploadImageInput } from './upload-image.ts';

/** The store, of which each draft does some things in another way. */
function withDrafts(
  store: ObjectStore,
  differing: (draft: ObjectDraft) => Partial<ObjectDraft>,
): ObjectStore {
  return {
    ...store,
    async begin() {
      const draft = await store.begin();
      return { ...draft, ...differing(draft) };
    },
  };
}

const FAILURE = unavailable('The store cannot do this now.', new Error('broken'));
const fail = () => Promise.reject(FAILURE);
const SECOND = unavailable('The store is gone.', new Error('gone'));
const failAgain = () => Promise.reject(SECOND);
/** What is logged of a second failure. */
const LOST = { err: SECOND, image_id: expect.any(String) };

describe('a failure at any step leaves no object and no record, and is told as it was', () => {
  test.each([
    ['before the first byte', []],
    ['within the header', [JPEG.subarray(0, 20)]],
    ['after the header', [JPEG.subarray(0, 250), JPEG.subarray(250, 260)]],
  ])('the sender breaks off %s', async (_what, sent) => {
    const { deps, stored } = memoryDeps();
    const broken = new DomainError('timeout', 'The body did not come in time.');
    async function* bytes() {
      yield* sent;
      throw broken;
    }
    await expect(upload(deps, input({ bytes: bytes() }))).rejects.toBe(broken);
    expect(await stored()).toEqual(NOTHING);
  });

  test.each([
    ['are no image', Buffer.from('no image at all, however long it may be'), 'unsupported_media_type'],
    ['are none at all', Buffer.of(), 'unsupported_media_type'],
    ['end within the header', JPEG.subarray(0, 100), 'unprocessable_image'],
  ])('the bytes %s', async (_what, bytes, code) => {
    const { deps, stored } = memoryDeps();
    await expect(upload(deps, input({ bytes: pieces(bytes) }))).rejects.toMatchObject({ code });
    expect(await stored()).toEqual(NOTHING);
  });

  test('the image is too large', async () => {
    const { deps, stored } = memoryDeps();
    const bytes = pieces(JPEG, Buffer.alloc(600_000), Buffer.alloc(600_000));
    await expect(upload(deps, input({ bytes }))).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await stored()).toEqual(NOTHING);
  });

  test('the fields turn out wrong after the bytes', async () => {
    const { deps, stored } = memoryDeps();
    const wrong = invalidField('user_id', 'is missing');
    const uploading = upload(deps, { bytes: pieces(JPEG), fields: () => Promise.reject(wrong) });
    await expect(uploading).rejects.toBe(wrong);
    expect(await stored()).toEqual(NOTHING);
  });

  test.each([
    ['begin an object', (store: ObjectStore) => ({ ...store, begin: fail })],
    ['write the bytes', (store: ObjectStore) => withDrafts(store, () => ({ write: fail }))],
    ['commit the object', (store: ObjectStore) => withDrafts(store, () => ({ commit: fail }))],
  ])('the store cannot %s', async (_what, broken) => {
    const { deps, stored } = memoryDeps();
    await expect(upload({ ...deps, objects: broken(deps.objects) })).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
  });

  test('the store cannot write a later piece', async () => {
    const { deps, stored } = memoryDeps();
    let writes = 0;
    const objects = withDrafts(deps.objects, (draft) => ({
      write: (chunk) => (++writes === 3 ? fail() : draft.write(chunk)),
    }));
    const bytes = pieces(JPEG, Buffer.alloc(10), Buffer.alloc(10), Buffer.alloc(10));
    await expect(upload({ ...deps, objects }, input({ bytes }))).rejects.toBe(FAILURE);
    expect(writes).toBe(3);
    expect(await stored()).toEqual(NOTHING);
  });

  test('the record cannot be written', async () => {
    const { deps, stored, log } = memoryDeps();
    await expect(upload({ ...deps, index: { ...deps.index, insert: fail } })).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
    expect(log).toEqual([]);
  });
});

/** What an upload leaves for later, of the image that it was to be. */
const CLEAN_UP = {
  kind: 'clean-up-object',
  image_id: expect.any(String),
  object_key: expect.stringMatching(/^alice\//),
};

/** The same, where the record may yet come: its room stays reserved until the job has looked. */
const CLEAN_UP_RESERVED = { ...CLEAN_UP, reserved: { user_id: 'alice', images: 1, bytes: JPEG.length } };

describe('an insert whose outcome is not known', () => {
  test('has succeeded if the record is there: the upload too, and nothing is left to do', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const index = {
      ...deps.index,
      async insert(record: ImageRecord) {
        await deps.index.insert(record);
        throw FAILURE;
      },
    };
    const { image, url } = await upload({ ...deps, index });
    expect(await stored()).toEqual({ objects: [image.object_key], images: [image.image_id], drafts: 0 });
    expect(url).toContain(image.image_id);
    expect([jobs, log]).toEqual([[], []]);
  });

  test('has failed if the record is not there: the bytes go, and a job looks for a late record', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    await expect(upload({ ...deps, index: { ...deps.index, insert: fail } })).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
    expect(jobs).toEqual([CLEAN_UP_RESERVED]);
    expect(log).toEqual([]);
  });

  test('and cannot be looked up now: the bytes stay, a job finds out, and the failure is told', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const index = { ...deps.index, insert: fail, get: failAgain };
    await expect(upload({ ...deps, index })).rejects.toBe(FAILURE);
    const { objects, images } = await stored();
    expect(images).toEqual([]);
    expect(jobs).toEqual([{ ...CLEAN_UP_RESERVED, object_key: objects[0] }]);
    expect(log).toEqual([expect.objectContaining({ level: 'error', fields: LOST })]);
  });

  test('and no job can be queued: that is logged, and the first failure is told', async () => {
    const { deps, stored, log } = memoryDeps();
    const index = { ...deps.index, insert: fail };
    await expect(upload({ ...deps, index, jobs: { enqueue: failAgain } })).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
    const { image_id, object_key } = CLEAN_UP;
    expect(log).toEqual([
      expect.objectContaining({ level: 'error', fields: { err: SECOND, image_id, object_key } }),
    ]);
  });

  test('is another matter than one that was refused: then the bytes go and no job is needed', async () => {
    const { deps, stored, jobs } = memoryDeps();
    const refused = new DomainError('conflict', 'There is an image with this id.');
    const index = { ...deps.index, insert: () => Promise.reject(refused), get: failAgain };
    await expect(upload({ ...deps, index })).rejects.toBe(refused);
    expect(await stored()).toEqual(NOTHING);
    expect(jobs).toEqual([]);
  });

  test('or that was refused, with bytes that cannot be taken back now: a job does it', async () => {
    const { deps, jobs, log } = memoryDeps();
    const refused = new DomainError('insufficient_storage', 'There is no room left.');
    const index = { ...deps.index, insert: () => Promise.reject(refused) };
    const objects = { ...deps.objects, delete: failAgain };
    await expect(upload({ ...deps, index, objects })).rejects.toBe(refused);
    expect(jobs).toEqual([CLEAN_UP]);
    expect(log).toEqual([expect.objectContaining({ level: 'error', fields: LOST })]);
  });
});

describe('a commit whose outcome is not known', () => {
  /** The store, at which a commit is made and then seems to fail; discarding does what is said. */
  const unsure = (store: ObjectStore, discard: ObjectDraft['discard']) => {
    const keys: string[] = [];
    const objects = withDrafts(store, (draft) => ({
      async commit(key, properties) {
        keys.push(key);
        await draft.commit(key, properties);
        throw FAILURE;
      },
      discard,
    }));
    return { objects, keys };
  };

  test('is taken back now, and a job takes back what comes later', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const objects = withDrafts(deps.objects, () => ({ commit: fail }));
    await expect(upload({ ...deps, objects })).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
    expect([jobs, log]).toEqual([[CLEAN_UP], []]);
    const [job] = jobs;
    if (job?.kind !== 'clean-up-object') throw new Error('There is no such job.');
    await put(deps.objects, job.object_key, JPEG); // It arrives after all.
    await cleanUpObject(deps, job);
    expect(await stored()).toEqual(NOTHING);
  });

  test.each([
    ['seemed to work, but it came later', async () => {}],
    ['failed', failAgain],
  ])(
    'and of which discarding %s: the bytes have no record, and a job takes them back',
    async (_w, discard) => {
      const { deps, stored, jobs } = memoryDeps();
      const { objects, keys } = unsure(deps.objects, discard);
      await expect(upload({ ...deps, objects })).rejects.toBe(FAILURE);
      expect(await stored()).toEqual({ objects: keys, images: [], drafts: 0 });
      expect(jobs).toEqual([{ ...CLEAN_UP, object_key: keys[0] }]);
      for (const job of jobs) await doJob(deps, job, { number: 1, isLast: false });
      expect(await stored()).toEqual(NOTHING);
    },
  );

  test('and no job can be queued: that is logged with the key, and the first failure is told', async () => {
    const { deps, log } = memoryDeps();
    const { objects, keys } = unsure(deps.objects, failAgain);
    await expect(upload({ ...deps, objects, jobs: { enqueue: failAgain } })).rejects.toBe(FAILURE);
    expect(log.map(({ level, fields }) => [level, fields])).toEqual([
      ['error', { err: SECOND }],
      ['error', { err: SECOND, image_id: CLEAN_UP.image_id, object_key: keys[0] }],
    ]);
  });

  test.each([
    ['there is no room left', 'insufficient_storage'],
    ['the key is taken', 'conflict'],
  ] as const)('is another matter than a refusal: %s, and no job is needed', async (what, code) => {
    const { deps, stored, jobs, log } = memoryDeps();
    const refused = new DomainError(code, what);
    const objects = withDrafts(deps.objects, () => ({ commit: () => Promise.reject(refused) }));
    await expect(upload({ ...deps, objects })).rejects.toBe(refused);
    expect(await stored()).toEqual(NOTHING);
    expect([jobs, log]).toEqual([[], []]);
  });

  test.each([
    ['there is no room left', 'insufficient_storage', [CLEAN_UP]],
    ['the key is taken: what is there is not ours', 'conflict', []],
  ] as const)('or than a refusal that leaves a draft: %s', async (what, code, left) => {
    const { deps, jobs } = memoryDeps();
    const refused = new DomainError(code, what);
    const commit = () => Promise.reject(refused);
    const objects = withDrafts(deps.objects, () => ({ commit, discard: failAgain }));
    await expect(upload({ ...deps, objects })).rejects.toBe(refused);
    expect(jobs).toEqual(left);
  });
});

describe('an upload that cannot be answered, since no URL can be made', () => {
  const unsigned = (store: ObjectStore) => ({ ...store, presignRead: fail });

  test('is never seen, and leaves nothing', async () => {
    const { deps, stored, jobs } = memoryDeps();
    let inserts = 0;
    const insert = async () => void inserts++;
    const index = { ...deps.index, insert };
    await expect(upload({ ...deps, index, objects: unsigned(deps.objects) })).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
    expect([inserts, jobs]).toEqual([0, []]);
  });

  test('and whose bytes cannot be taken back leaves them to a job', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const objects = { ...unsigned(deps.objects), delete: failAgain };
    await expect(upload({ ...deps, objects })).rejects.toBe(FAILURE);
    expect(jobs).toEqual([CLEAN_UP]);
    expect(log).toEqual([expect.objectContaining({ level: 'error', fields: LOST })]);
    for (const job of jobs) await doJob(deps, job, { number: 1, isLast: false });
    expect(await stored()).toEqual(NOTHING);
  });
});

describe('when taking back fails as well, the first failure is told, and the second is logged', () => {
  test('the record cannot be written, and the object not be deleted', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const objects = { ...deps.objects, delete: failAgain };
    const index = { ...deps.index, insert: fail };
    await expect(upload({ ...deps, objects, index })).rejects.toBe(FAILURE);
    const { objects: left, images } = await stored();
    expect([left.length, images.length]).toEqual([1, 0]);
    expect(log).toEqual([expect.objectContaining({ level: 'error', fields: LOST })]);
    expect(jobs).toEqual([{ ...CLEAN_UP_RESERVED, object_key: left[0] }]);
  });

  test.each<[string, Partial<ObjectDraft>, Partial<UploadImageInput>, unknown]>([
    ['the object cannot be committed', { commit: fail }, {}, FAILURE],
    ['the bytes cannot be written', { write: fail }, {}, FAILURE],
    ['the fields are wrong', {}, { fields: () => Promise.reject(FAILURE) }, FAILURE],
    [
      'the image is too large',
      {},
      { bytes: pieces(JPEG, Buffer.alloc(2_000_000)) },
      expect.objectContaining({ code: 'payload_too_large' }),
    ],
  ])('%s, and the draft not be discarded', async (_what, draft, given, failure) => {
    const { deps, log } = memoryDeps();
    const objects = withDrafts(deps.objects, () => ({ ...draft, discard: failAgain }));
    const told = await upload({ ...deps, objects }, { ...input(), ...given }).catch(
      (error: unknown) => error,
    );
    expect(told).toEqual(failure);
    expect(told).not.toBe(SECOND);
    expect(log).toEqual([expect.objectContaining({ level: 'error', fields: { err: SECOND } })]);
    expect((await deps.index.list({ tags: [], uploaded: {}, order: 'newest' }, 10, null)).items).toEqual([]);
  });
});
