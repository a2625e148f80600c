import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { bytesOf, put } from '../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { cleanUpObject } from './background/clean-up-object.ts';
import { type DeleteDeps, deleteImage } from './delete-image.ts';

const IMAGE = sampleRecord({ version: 1, revision: 3 });
const OTHER = sampleRecord({ user_id: 'bob' });
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));

/** What a deletion leaves for later. */
const CLEAN_UP = {
  kind: 'clean-up-object',
  image_id: IMAGE.image_id,
  object_key: IMAGE.object_key,
} as const;

/** The same with whose deletion it is. */
const TOLD = { ...CLEAN_UP, audit: expect.objectContaining({ action: 'delete-image', outcome: 'done' }) };

/** What is queued with every removal. */
const WITHDRAWAL = {
  kind: 'withdraw-image',
  image_id: IMAGE.image_id,
  user_id: IMAGE.user_id,
  object_keys: [],
} as const;

/** Dependencies with the image, and another one, in them. */
async function withImages() {
  const { deps, stored, jobs, log } = memoryDeps();
  for (const image of [IMAGE, OTHER]) {
    await put(deps.objects, image.object_key, bytesOf(10));
    await deps.index.insert(image);
  }
  return { deps, stored, jobs, log };
}

const remove = (deps: DeleteDeps, if_match?: string, image_id = IMAGE.image_id) =>
  deleteImage(deps, ANONYMOUS, { image_id, permanent: false, if_match });

const BOTH = {
  objects: [IMAGE.object_key, OTHER.object_key].sort(),
  images: [IMAGE.image_id, OTHER.image_id].sort().reverse(),
  drafts: 0,
};
const OTHER_ONLY = { objects: [OTHER.object_key], images: [OTHER.image_id], drafts: 0 };

/** The index, in which others do something just before each of our removals. */
function withOthers(
  index: ImageIndex,
  before: (nth: number) => Promise<void>,
): ImageIndex & { tries: number } {
  const busy = {
    ...index,
    tries: 0,
    async remove(previous: ImageRecord) {
      await before(++busy.tries);
      await index.remove(previous);
    },
  };
  return busy;
}

async function changeByAnother(index: ImageIndex): Promise<void> {
  const current = await index.get(IMAGE.image_id);
  if (current) await index.replace(current, { ...current, title: 'Theirs', revision: current.revision + 1 });
}

describe('a deletion', () => {
  test('removes the bytes and then the record, of that image alone', async () => {
    const { deps, stored } = await withImages();
    const steps: string[] = [];
    await remove({
      ...deps,
      objects: {
        ...deps.objects,
        async delete(key) {
          await deps.objects.delete(key);
          steps.push(`bytes ${key}`);
        },
      },
      index: {
        ...deps.index,
        async remove(previous) {
          await deps.index.remove(previous);
          steps.push(`record ${previous.image_id}`);
        },
      },
    });
    expect(steps).toEqual([`bytes ${IMAGE.object_key}`, `record ${IMAGE.image_id}`]);
    expect(await stored()).toEqual(OTHER_ONLY);
    await expect(remove(deps)).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['an unknown id', newImageId(0)],
    ['what is no id', '../../etc/passwd'],
    ['its id in capitals', IMAGE.image_id.toUpperCase()],
  ])('of %s is not found', async (_what, image_id) => {
    const { deps, stored } = await withImages();
    await expect(remove(deps, undefined, image_id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await stored()).toEqual(BOTH);
  });

  test.each(['"1.3"', '*', undefined])('is allowed by If-Match: %s', async (header) => {
    const { deps, stored } = await withImages();
    await remove(deps, header);
    expect(await stored()).toEqual(OTHER_ONLY);
  });

  test.each(['"1.2"', '"1.4"', 'W/"1.3"', ''])(
    'is refused by If-Match: %j, and nothing is gone',
    async (header) => {
      const { deps, stored } = await withImages();
      await expect(remove(deps, header)).rejects.toMatchObject({ code: 'precondition_failed' });
      expect(await stored()).toEqual(BOTH);
    },
  );
});

describe('when something fails', () => {
  test('and the bytes cannot be deleted, the record stays, and it can be tried again', async () => {
    const { deps, stored, jobs } = await withImages();
    const refused = new DomainError('insufficient_storage', 'There is no room left.');
    const objects = { ...deps.objects, delete: () => Promise.reject(refused) };
    await expect(remove({ ...deps, objects })).rejects.toBe(refused);
    expect(await stored()).toEqual(BOTH);
    expect(jobs).toEqual([]);
    await remove(deps);
    expect(await stored()).toEqual(OTHER_ONLY);
  });

  test.each([
    ['have not: the image stays', async () => {}, BOTH],
    ['have: the record goes, too', (objects: ObjectStore) => objects.delete(IMAGE.object_key), OTHER_ONLY],
  ])('and nobody knows whether the bytes have gone, a job finds out; they %s', async (_w, happens, after) => {
    const { deps, stored, jobs, log } = await withImages();
    const objects = {
      ...deps.objects,
      async delete() {
        await happens(deps.objects);
        throw FAILURE;
      },
    };
    await expect(remove({ ...deps, objects })).rejects.toBe(FAILURE);
    expect((await stored()).images).toEqual(BOTH.images);
    expect(jobs).toEqual([TOLD]);
    await cleanUpObject(deps, CLEAN_UP);
    expect(await stored()).toEqual(after);
    expect(log).toEqual([]);
  });

  test('and nobody knows, and no job can be queued, that is logged, and it can be tried again', async () => {
    const { deps, stored, log } = await withImages();
    const second = unavailable('The queue cannot do this now.', new Error('gone'));
    const objects = { ...deps.objects, delete: () => Promise.reject(FAILURE) };
    const jobs = { enqueue: () => Promise.reject(second) };
    await expect(remove({ ...deps, objects, jobs })).rejects.toBe(FAILURE);
    expect(log).toMatchObject([{ level: 'error', fields: { err: second, image_id: IMAGE.image_id } }]);
    await remove(deps);
    expect(await stored()).toEqual(OTHER_ONLY);
  });

  test('and the record cannot be removed, it is told, can be tried again, and is left to a job', async () => {
    const { deps, stored, jobs, log } = await withImages();
    const index = withOthers(deps.index, () => Promise.reject(FAILURE));
    await expect(remove({ ...deps, index })).rejects.toBe(FAILURE);
    expect(index.tries).toBe(1);
    expect((await stored()).images).toContain(IMAGE.image_id);
    expect(jobs).toEqual([{ ...TOLD, bytes_are_gone: true }]);
    expect(log).toEqual([]);
    await remove(deps);
    expect(await stored()).toEqual(OTHER_ONLY);
    expect(jobs).toEqual([
      { ...TOLD, bytes_are_gone: true },
      { ...WITHDRAWAL, last_version: IMAGE.version },
    ]);
  });

  test('and the record cannot be looked at again after a conflict, the rest is left to a job', async () => {
    const { deps, jobs } = await withImages();
    const index = withOthers(deps.index, () => changeByAnother(deps.index));
    index.get = (id) => (index.tries > 0 ? Promise.reject(FAILURE) : deps.index.get(id));
    await expect(remove({ ...deps, index })).rejects.toBe(FAILURE);
    expect(jobs).toMatchObject([{ image_id: IMAGE.image_id }]);
  });

  test('and the job cannot be queued either, that is logged, and the first failure is told', async () => {
    const { deps, log } = await withImages();
    const second = unavailable('The queue cannot do this now.', new Error('gone'));
    const index = withOthers(deps.index, () => Promise.reject(FAILURE));
    const jobs = { enqueue: () => Promise.reject(second) };
    await expect(remove({ ...deps, index, jobs })).rejects.toBe(FAILURE);
    const { image_id, object_key } = IMAGE;
    expect(log).toEqual([
      expect.objectContaining({ level: 'error', fields: { err: second, image_id, object_key } }),
    ]);
  });
});

describe('when others are at the image at the same time', () => {
  test('and change it, it is deleted as it then is', async () => {
    const { deps, stored } = await withImages();
    const index = withOthers(deps.index, async (nth) => {
      if (nth <= 3) await changeByAnother(deps.index);
    });
    await remove({ ...deps, index }, '"1.3"');
    expect(index.tries).toBe(4);
    expect(await stored()).toEqual(OTHER_ONLY);
  });

  test('and delete it too, it is deleted', async () => {
    const { deps, stored } = await withImages();
    const index = withOthers(deps.index, async () => {
      const current = await deps.index.get(IMAGE.image_id);
      if (current) await deps.index.remove(current);
    });
    await expect(remove({ ...deps, index })).resolves.toBeUndefined();
    expect(await stored()).toEqual(OTHER_ONLY);
  });

  test('and change it and then delete it, it is deleted', async () => {
    const { deps, stored } = await withImages();
    const index = withOthers(deps.index, () => changeByAnother(deps.index));
    index.get = async (id) => {
      const current = await deps.index.get(id);
      if (current && index.tries > 0) await deps.index.remove(current);
      return index.tries > 0 ? undefined : current;
    };
    await expect(remove({ ...deps, index })).resolves.toBeUndefined();
    expect(index.tries).toBe(1);
    expect(await stored()).toEqual(OTHER_ONLY);
  });

  test('several deletions at once leave nothing, and none of them fails for another', async () => {
    const { deps, stored } = await withImages();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => remove(deps)));
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'not_found' });
    }
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await stored()).toEqual(OTHER_ONLY);
  });
});
