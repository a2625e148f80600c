import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { bytesOf, keysOf, put } from '../../../test/support/stored-bytes.ts';
import { DomainError, unavailable } from '../../domain/errors.ts';
import { currentVersionOf, type ImageRecord, storedBytes } from '../../domain/image.ts';
import { imageObjectKey, renditionObjectKey } from '../../domain/object-key.ts';
import { doJob } from '../background/do-job.ts';
import type { Deps } from '../deps.ts';
import { removeImage } from './remove-image.ts';

const FIRST = sampleRecord({ size_bytes: 100 });
const { image_id, user_id } = FIRST;
const keyOf = (version: number) => imageObjectKey(user_id, image_id, version);
const SECOND: ImageRecord = {
  ...FIRST,
  ...{ version: 2, size_bytes: 200, object_key: keyOf(2), former_versions: [currentVersionOf(FIRST)] },
};
/** Its third version has the bytes of the first. */
const IMAGE: ImageRecord = {
  ...FIRST,
  version: 3,
  former_versions: [currentVersionOf(SECOND), currentVersionOf(FIRST)],
};
const RENDITION = renditionObjectKey(user_id, image_id, 3, 'thumb.webp');
const UNLIMITED = { max_images: null, max_bytes: null };
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const REFUSED = new DomainError('insufficient_storage', 'Full.');

const CLEAN_UP = { kind: 'clean-up-object', image_id, object_key: IMAGE.object_key } as const;
const WITHDRAWAL = { kind: 'withdraw-image', image_id, user_id, object_keys: [] } as const;

async function withImage() {
  const memory = memoryDeps();
  const { deps, jobs } = memory;
  for (const key of [keyOf(1), keyOf(2), RENDITION]) await put(deps.objects, key, bytesOf(10));
  await deps.index.insert(IMAGE);
  const room = { images: 1, bytes: storedBytes(IMAGE) };
  await (await deps.quotas.reserve(user_id, room, UNLIMITED)).keep(room.bytes);
  const state = async () => {
    const { images, bytes } = await deps.quotas.usageOf(user_id);
    return { record: await deps.index.get(image_id), objects: await keysOf(deps.objects), images, bytes };
  };
  const workOff = async () => {
    for (const job of jobs) await doJob(deps, job, { number: 1, isLast: false });
  };
  return { ...memory, state, workOff };
}

const GONE = { record: undefined, objects: [], images: 0, bytes: 0 };
const WHOLE = { record: IMAGE, objects: [RENDITION, keyOf(1), keyOf(2)].sort(), images: 1, bytes: 300 };

/** The store, which cannot remove some objects. */
const without = ({ objects }: Deps, refused: (key: string) => boolean, failure: Error = FAILURE) => ({
  ...objects,
  delete: (key: string) => (refused(key) ? Promise.reject(failure) : objects.delete(key)),
});

describe('a removal', () => {
  test('of an image that has been replaced meanwhile does not say that all its bytes are gone', async () => {
    const { deps, state, jobs, workOff } = await withImage();
    const next = { ...IMAGE, version: 4, object_key: keyOf(4), former_versions: [currentVersionOf(IMAGE)] };
    const objects = {
      ...deps.objects,
      async delete(key: string) {
        await deps.objects.delete(key);
        if (key !== IMAGE.object_key) return;
        await put(deps.objects, keyOf(4), bytesOf(10));
        await deps.index.replace(IMAGE, next);
      },
    };
    await removeImage({ ...deps, objects }, IMAGE);
    expect(jobs).toEqual([WITHDRAWAL]);
    await workOff();
    expect((await state()).objects).toEqual([]);
  });

  test('takes the bytes of all versions, each once and the current ones last, then the record', async () => {
    const { deps, state, jobs } = await withImage();
    const deleted: string[] = [];
    const objects = {
      ...deps.objects,
      async delete(key: string) {
        expect((await deps.index.get(image_id))?.image_id).toBe(image_id);
        deleted.push(key);
        await deps.objects.delete(key);
      },
    };
    await removeImage({ ...deps, objects }, IMAGE);
    expect(deleted).toEqual([keyOf(2), keyOf(1)]);
    expect(jobs).toEqual([{ ...WITHDRAWAL, last_version: IMAGE.version }]);
    expect(await state()).toEqual({ ...GONE, objects: [RENDITION] });
  });

  test('leaves what was made of the image to a job, after which nothing is left', async () => {
    const { deps, state, workOff } = await withImage();
    await removeImage(deps, IMAGE);
    await workOff();
    expect(await state()).toEqual(GONE);
  });

  test('takes what it has become meanwhile, and its bytes by the job', async () => {
    const { deps, state, workOff } = await withImage();
    const FOURTH = imageObjectKey(user_id, image_id, 4);
    let tries = 0;
    const index: Deps['index'] = {
      ...deps.index,
      async remove(previous, jobs) {
        if (tries++ === 0) {
          await put(deps.objects, FOURTH, bytesOf(10));
          const former_versions = [currentVersionOf(IMAGE), ...IMAGE.former_versions];
          const next = { ...IMAGE, version: 4, size_bytes: 50, object_key: FOURTH, former_versions };
          await (await deps.quotas.reserve(user_id, { images: 0, bytes: 50 }, UNLIMITED)).keep(50);
          await deps.index.replace(IMAGE, next);
        }
        return deps.index.remove(previous, jobs);
      },
    };
    await removeImage({ ...deps, index }, IMAGE);
    expect(await state()).toMatchObject({ record: undefined, images: 0, bytes: 0 });
    await workOff();
    expect(await state()).toEqual(GONE);
  });
});

describe('where it fails', () => {
  test.each([
    ['an older version', keyOf(2), WHOLE.objects],
    ['the current version', keyOf(1), [RENDITION, keyOf(1)].sort()],
  ])(
    'at the bytes of %s, the record stays, a job looks again, and the caller can',
    async (_of, key, left) => {
      const { deps, state, jobs, workOff } = await withImage();
      await expect(
        removeImage({ ...deps, objects: without(deps, (each) => each === key) }, IMAGE),
      ).rejects.toBe(FAILURE);
      expect(await state()).toEqual({ ...WHOLE, objects: left });
      expect(jobs).toEqual([CLEAN_UP]);
      // The current bytes are there: so is the image.
      await workOff();
      expect(await state()).toEqual({ ...WHOLE, objects: left });
      await removeImage(deps, IMAGE);
      await workOff();
      expect(await state()).toEqual(GONE);
    },
  );

  test('at the bytes for good, the record stays and nothing is queued', async () => {
    const { deps, state, jobs } = await withImage();
    const objects = without(deps, () => true, REFUSED);
    await expect(removeImage({ ...deps, objects }, IMAGE)).rejects.toBe(REFUSED);
    expect([await state(), jobs]).toEqual([WHOLE, []]);
  });

  test('at the bytes, which were removed all the same, the job removes the rest, with its room', async () => {
    const { deps, state, workOff } = await withImage();
    const objects = {
      ...deps.objects,
      async delete(key: string) {
        await deps.objects.delete(key);
        if (key === IMAGE.object_key) throw FAILURE;
      },
    };
    await expect(removeImage({ ...deps, objects }, IMAGE)).rejects.toBe(FAILURE);
    await workOff();
    await workOff();
    expect(await state()).toEqual(GONE);
  });

  test.each([FAILURE, REFUSED])(
    'at the record ($code), a job does it, with what was made of the image and its room',
    async (failure) => {
      const { deps, state, jobs, workOff } = await withImage();
      const index = { ...deps.index, remove: () => Promise.reject(failure) };
      await expect(removeImage({ ...deps, index }, IMAGE)).rejects.toBe(failure);
      expect(await state()).toEqual({ ...WHOLE, objects: [RENDITION] });
      const cleanUp = { ...CLEAN_UP, bytes_are_gone: true };
      expect(jobs).toEqual([cleanUp]);
      await workOff();
      expect(jobs).toEqual([cleanUp, WITHDRAWAL]);
      await workOff();
      expect(await state()).toEqual(GONE);
    },
  );

  test('at the quota, that is logged, and the image is gone', async () => {
    const { deps, state, log } = await withImage();
    await removeImage(
      { ...deps, quotas: { ...deps.quotas, giveBack: () => Promise.reject(FAILURE) } },
      IMAGE,
    );
    expect(await state()).toMatchObject({ record: undefined, images: 1, bytes: 300 });
    expect(log).toMatchObject([{ level: 'error', fields: { err: FAILURE, image_id } }]);
  });
});
