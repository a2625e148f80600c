import { describe, expect, test } from 'vitest';
import { memoryDeps, NOTHING } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { imageNotFound, unavailable } from '../../domain/errors.ts';
import { currentVersionOf, type ImageRecord } from '../../domain/image.ts';
import type { CleanUpObject } from '../../domain/job.ts';
import { attemptObjectKey, imageObjectKey, replacementObjectKey } from '../../domain/object-key.ts';
import { cleanUpObject } from './clean-up-object.ts';

const IMAGE = sampleRecord();
const { image_id, object_key } = IMAGE;
const JOB: CleanUpObject = { kind: 'clean-up-object', image_id, object_key };
const OTHER = sampleRecord({ user_id: 'bob' });
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const fail = () => Promise.reject(FAILURE);

interface State {
  readonly record?: boolean;
  readonly bytes?: boolean;
}

/** The stores, with what is said of the image in them. */
async function inState({ record = false, bytes = false }: State) {
  const { deps, stored } = memoryDeps();
  if (record) await deps.index.insert(IMAGE);
  if (bytes) await put(deps.objects, object_key, bytesOf(10));
  return { deps, stored };
}

const WHOLE = { objects: [object_key], images: [image_id], drafts: 0 };

describe('what a failure has left of an image', () => {
  test('bytes without a record go', async () => {
    const { deps, stored } = await inState({ bytes: true });
    await cleanUpObject(deps, JOB);
    expect(await stored()).toEqual(NOTHING);
  });

  test('a record without bytes goes', async () => {
    const { deps, stored } = await inState({ record: true });
    await cleanUpObject(deps, JOB);
    expect(await stored()).toEqual(NOTHING);
  });

  test('a record with its bytes stays: what seemed to fail had succeeded', async () => {
    const { deps, stored } = await inState({ record: true, bytes: true });
    await cleanUpObject(deps, JOB);
    expect(await stored()).toEqual(WHOLE);
  });

  test('nothing at all stays nothing', async () => {
    const { deps, stored } = await inState({});
    await cleanUpObject(deps, JOB);
    expect(await stored()).toEqual(NOTHING);
  });

  test('a record that has moved on to other bytes is not concerned', async () => {
    const { deps, stored } = await inState({});
    const moved = { ...IMAGE, object_key: `${object_key}.v2`, version: 2 };
    await deps.index.insert(moved);
    await cleanUpObject(deps, JOB);
    expect((await stored()).images).toEqual([image_id]);
  });

  test('bytes go that another attempt under the same key has made superfluous, with what was reserved', async () => {
    const { deps, stored } = await inState({ bytes: true });
    const made = { ...IMAGE, object_key: attemptObjectKey(IMAGE.user_id, image_id, 1) };
    await deps.index.insert(made);
    await put(deps.objects, made.object_key, bytesOf(10));
    const given: unknown[] = [];
    const giveBack = async (...back: readonly unknown[]) => void given.push(back);
    const reserved = { user_id: IMAGE.user_id, images: 1, bytes: 10 };
    await cleanUpObject({ ...deps, quotas: { ...deps.quotas, giveBack } }, { ...JOB, reserved });
    expect(await stored()).toEqual({ objects: [made.object_key], images: [image_id], drafts: 0 });
    expect(given).toEqual([[IMAGE.user_id, reserved]]);
  });

  test('what was made of an image whose record goes is left to a job, and goes with it', async () => {
    const { deps, jobs } = memoryDeps();
    await deps.index.insert(IMAGE);
    await cleanUpObject(deps, JOB);
    expect(jobs).toEqual([{ kind: 'withdraw-image', image_id, user_id: IMAGE.user_id, object_keys: [] }]);
  });

  test('the images beside it stay', async () => {
    const { deps, stored } = await inState({ bytes: true });
    await deps.index.insert(OTHER);
    await put(deps.objects, OTHER.object_key, bytesOf(10));
    await cleanUpObject(deps, JOB);
    expect(await stored()).toEqual({ objects: [OTHER.object_key], images: [OTHER.image_id], drafts: 0 });
  });
});

describe('what a failure has left of an image with several versions', () => {
  const SECOND = imageObjectKey(IMAGE.user_id, image_id, 2);
  const REPLACED: ImageRecord = {
    ...IMAGE,
    version: 2,
    object_key: SECOND,
    former_versions: [currentVersionOf(IMAGE)],
  };
  /** As its former version 1 was restored. */
  const RESTORED: ImageRecord = {
    ...IMAGE,
    version: 3,
    former_versions: [currentVersionOf(REPLACED), currentVersionOf(IMAGE)],
  };
  const RESERVED: CleanUpObject = {
    ...JOB,
    object_key: attemptObjectKey(IMAGE.user_id, image_id, 1),
    reserved: { user_id: IMAGE.user_id, images: 1, bytes: 10 },
  };

  /** Does the job where there is such a record and these objects. @returns what is left, and what was given back. */
  async function cleanedUp(record: ImageRecord, keys: readonly string[], job: CleanUpObject) {
    const { deps, stored } = memoryDeps();
    await deps.index.insert(record);
    for (const key of keys) await put(deps.objects, key, bytesOf(10));
    const given: unknown[] = [];
    const giveBack = async (...back: readonly unknown[]) => void given.push(back);
    await cleanUpObject({ ...deps, quotas: { ...deps.quotas, giveBack } }, job);
    const { objects, images } = await stored();
    return { objects, images, given };
  }

  test.each<[string, ImageRecord, CleanUpObject]>([
    ['its current bytes', REPLACED, { ...JOB, object_key: SECOND }],
    ['those of its former version', REPLACED, JOB],
    ['those that were restored', RESTORED, JOB],
    ['those that it had before they were', RESTORED, { ...JOB, object_key: SECOND }],
  ])('%s stay', async (_which, record, job) => {
    const { objects, images, given } = await cleanedUp(record, [object_key, SECOND], job);
    expect([objects, images, given]).toEqual([[object_key, SECOND], [image_id], []]);
  });

  test.each<[string, ImageRecord, readonly string[], CleanUpObject]>([
    ['the current bytes', REPLACED, [object_key], { ...JOB, object_key: SECOND }],
    ['the bytes that were restored', RESTORED, [SECOND], JOB],
    ['the bytes of a former version', REPLACED, [SECOND], JOB],
  ])(
    'the image stays, and what is there of it, where %s alone are gone',
    async (_which, record, keys, job) => {
      const { objects, images, given } = await cleanedUp(record, keys, job);
      expect([objects, images, given]).toEqual([keys, [image_id], []]);
    },
  );

  test('it goes where all of its bytes are gone, and the room of all of them is given back', async () => {
    const { images, given } = await cleanedUp(REPLACED, [], { ...JOB, object_key: SECOND });
    const bytes = IMAGE.size_bytes + REPLACED.size_bytes;
    expect([images, given]).toEqual([[], [[IMAGE.user_id, { images: 1, bytes }]]]);
  });

  test('bytes of another attempt at the first version go, with what was reserved', async () => {
    const keys = [object_key, SECOND, RESERVED.object_key];
    const { objects, given } = await cleanedUp(REPLACED, keys, RESERVED);
    expect(objects).toEqual([object_key, SECOND]);
    expect(given).toEqual([[IMAGE.user_id, RESERVED.reserved]]);
  });

  test('where the first version is kept no more, nothing is given back: the image may have the room', async () => {
    const record: ImageRecord = { ...REPLACED, former_versions: [] };
    const { objects, given } = await cleanedUp(record, [SECOND, RESERVED.object_key], RESERVED);
    expect([objects, given]).toEqual([[SECOND], []]);
  });

  test.each([
    ['at a version that is known', REPLACED, replacementObjectKey(IMAGE.user_id, image_id, 2, 1), 1],
    ['at the version to come', REPLACED, imageObjectKey(IMAGE.user_id, image_id, 3), 1],
    [
      'at a version that is kept no more',
      { ...REPLACED, version: 3 },
      replacementObjectKey(IMAGE.user_id, image_id, 2, 1),
      0,
    ],
  ])('bytes of a replacement %s that came to nothing go', async (_which, record, other, times) => {
    const keys = [object_key, SECOND, other];
    const { objects, given } = await cleanedUp(record, keys, { ...RESERVED, object_key: other });
    expect(objects).toEqual([object_key, SECOND]);
    expect(given).toEqual(Array.from({ length: times }, () => [IMAGE.user_id, RESERVED.reserved]));
  });
});

describe('doing it again', () => {
  test.each([[{ bytes: true }], [{ record: true }], [{ record: true, bytes: true }], [{}]])(
    'is as good as doing it once, with %j',
    async (state) => {
      const { deps, stored } = await inState(state);
      await cleanUpObject(deps, JOB);
      const once = await stored();
      await cleanUpObject(deps, JOB);
      expect(await stored()).toEqual(once);
    },
  );
});

describe('a clean-up', () => {
  test('closes the bytes that it has looked at', async () => {
    const { deps } = await inState({ record: true, bytes: true });
    let open = 0;
    const objects = {
      ...deps.objects,
      async open(key: string) {
        const object = await deps.objects.open(key);
        open++;
        return object && { ...object, close: async () => void open-- };
      },
    };
    await cleanUpObject({ ...deps, objects }, JOB);
    expect(open).toBe(0);
  });

  test('is done if somebody else has removed the record meanwhile', async () => {
    const { deps } = await inState({ record: true });
    const index = { ...deps.index, remove: () => Promise.reject(imageNotFound()) };
    await expect(cleanUpObject({ ...deps, index }, JOB)).resolves.toBeUndefined();
  });

  test('fails, to be tried again, where it cannot see or do something', async () => {
    const bytes = await inState({ bytes: true });
    const record = await inState({ record: true });
    const tries = [
      { ...bytes.deps, index: { ...bytes.deps.index, get: fail } },
      { ...bytes.deps, objects: { ...bytes.deps.objects, delete: fail } },
      { ...record.deps, objects: { ...record.deps.objects, open: fail } },
      { ...record.deps, index: { ...record.deps.index, remove: fail } },
    ];
    for (const deps of tries) await expect(cleanUpObject(deps, JOB)).rejects.toBe(FAILURE);
    expect((await bytes.stored()).objects).toEqual([object_key]);
    expect((await record.stored()).images).toEqual([image_id]);
  });
});
