import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { memoryDeps, NOTHING, NOW, PUBLIC_URL } from '../../test/support/memory-deps.ts';
import { SMALL_IMAGES } from '../../test/support/small-images.ts';
import { contentOf } from '../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, invalidField, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { isImageId, timeOfImageId } from '../domain/image-id.ts';
import type { ObjectDraft, ObjectStore } from '../ports/object-store.ts';
import type { Deps } from './deps.ts';
import { type UploadFields, type UploadImageInput, uploadFields, uploadImage } from './upload-image.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;

async function* pieces(...bytes: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* bytes;
}

/** An upload of a small JPEG by alice, but for what is said otherwise. */
function input(
  differing: { bytes?: AsyncIterable<Uint8Array>; fields?: UploadFields } = {},
): UploadImageInput {
  const { bytes = pieces(JPEG), fields = { user_id: 'alice' } } = differing;
  return { bytes, fields: async () => fields };
}

const upload = (deps: Deps, given = input()) => uploadImage(deps, ANONYMOUS, given);

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

describe('an upload', () => {
  test('stores the bytes, and a record of what they are and of what was said of them', async () => {
    const { deps, stored } = memoryDeps();
    const fields = {
      user_id: 'a#b',
      filename: 'x.gif',
      title: 'X',
      description: 'Y',
      tags: ['bird', 'dusk'],
    };
    const { image } = await upload(deps, input({ fields }));
    expect(image).toEqual({
      ...fields,
      image_id: expect.any(String),
      content_type: 'image/jpeg',
      size_bytes: JPEG.length,
      width: 8,
      height: 6,
      checksum_sha256: createHash('sha256').update(JPEG).digest('hex'),
      status: 'ready',
      rejection_reason: null,
      version: 1,
      revision: 1,
      created_at: new Date(NOW).toISOString(),
      upload_time: new Date(NOW + 1).toISOString(),
      updated_at: new Date(NOW + 1).toISOString(),
      deleted_at: null,
      object_key: `a%23b/${image.image_id}`,
    });
    expect(isImageId(image.image_id)).toBe(true);
    expect(timeOfImageId(image.image_id)).toBe(NOW);
    expect(await deps.index.get(image.image_id)).toEqual(image);
    expect((await contentOf(deps.objects, image.object_key))?.equals(JPEG)).toBe(true);
    expect(await stored()).toEqual({ objects: [image.object_key], images: [image.image_id], drafts: 0 });
  });

  test('of which nothing more was said than whose it is has no more', async () => {
    const { deps } = memoryDeps();
    const { image } = await upload(deps);
    expect(image).toMatchObject({ filename: null, title: null, description: null, tags: [] });
  });

  test('gives a URL of the bytes', async () => {
    const { deps } = memoryDeps();
    const { image, url } = await upload(deps);
    expect(url).toMatch(`${PUBLIC_URL}/objects/alice/${image.image_id}?`);
  });

  test('of the same bytes is another image each time', async () => {
    const { deps, stored } = memoryDeps();
    const images = await Promise.all(Array.from({ length: 10 }, () => upload(deps)));
    expect(new Set(images.map(({ image }) => image.image_id)).size).toBe(10);
    expect((await stored()).objects).toHaveLength(10);
  });
});

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
    expect(jobs).toEqual([CLEAN_UP]);
    expect(log).toEqual([]);
  });

  test('and cannot be looked up now: the bytes stay, a job finds out, and the failure is told', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const index = { ...deps.index, insert: fail, get: failAgain };
    await expect(upload({ ...deps, index })).rejects.toBe(FAILURE);
    const { objects, images } = await stored();
    expect(images).toEqual([]);
    expect(jobs).toEqual([{ ...CLEAN_UP, object_key: objects[0] }]);
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

describe('when taking back fails as well, the first failure is told, and the second is logged', () => {
  test('the record cannot be written, and the object not be deleted', async () => {
    const { deps, stored, jobs, log } = memoryDeps();
    const objects = { ...deps.objects, delete: failAgain };
    const index = { ...deps.index, insert: fail };
    await expect(upload({ ...deps, objects, index })).rejects.toBe(FAILURE);
    const { objects: left, images } = await stored();
    expect([left.length, images.length]).toEqual([1, 0]);
    expect(log).toEqual([expect.objectContaining({ level: 'error', fields: LOST })]);
    expect(jobs).toEqual([{ ...CLEAN_UP, object_key: left[0] }]);
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

describe('the fields of an upload', () => {
  test('may be all that there are', () => {
    const fields = { user_id: 'alice', filename: 'a.jpg', title: 'A', description: 'B', tags: 'Bird,dusk' };
    expect(uploadFields.parse(fields)).toEqual({ ...fields, tags: ['bird', 'dusk'] });
    expect(uploadFields.parse({ user_id: 'alice' })).toEqual({ user_id: 'alice' });
  });

  test.each([
    ['no user', {}],
    ['an unknown field', { user_id: 'alice', colour: 'red' }],
    ["a field of the server's own", { user_id: 'alice', image_id: 'x' }],
    ['a wrong type', { user_id: 'alice', title: 7 }],
    ['a user that is none', { user_id: '' }],
  ])('are refused with %s', (_what, fields) => {
    expect(uploadFields.safeParse(fields).success).toBe(false);
  });
});
