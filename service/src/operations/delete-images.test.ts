import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { bytesOf, put } from '../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { unavailable } from '../domain/errors.ts';
import { bulkDeletion, deleteImages } from './delete-images.ts';
import type { Deps } from './deps.ts';

const FAILURE = unavailable('This cannot be done now.', new Error('broken'));

async function withImages(count: number) {
  const memory = memoryDeps();
  const images = Array.from({ length: count }, () => sampleRecord());
  for (const image of images) {
    await put(memory.deps.objects, image.object_key, bytesOf(5));
    await memory.deps.index.insert(image);
  }
  const ids = images.map(({ image_id }) => image_id);
  const remove = (differing: Partial<Deps>, image_ids: readonly string[] = ids, permanent = false) =>
    deleteImages({ ...memory.deps, ...differing }, ANONYMOUS, { image_ids: [...image_ids], permanent });
  return { ...memory, images, ids, remove };
}

describe('deleting several images', () => {
  test('answers in the order asked, each once, and tells of each for itself', async () => {
    const { ids, remove, stored } = await withImages(3);
    const [first = '', second = '', third = ''] = ids;
    const outcomes = await remove({}, [third, 'no id', first, third]);
    expect(outcomes).toMatchObject([
      { image_id: third, failure: undefined },
      { image_id: 'no id', failure: { code: 'not_found' } },
      { image_id: first, failure: undefined },
    ]);
    expect((await stored()).images).toEqual([second]);
  });

  test('does some at the same time, but never many', async () => {
    const { deps, ids, remove } = await withImages(30);
    let [running, most] = [0, 0];
    const objects: Deps['objects'] = {
      ...deps.objects,
      async delete(key) {
        most = Math.max(most, ++running);
        await deps.objects.delete(key);
        running--;
      },
    };
    const outcomes = await remove({ objects });
    expect(outcomes.map(({ image_id }) => image_id)).toEqual(ids);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  test('one that fails keeps no other, stays whole, and is logged with the cause', async () => {
    const { deps, images, ids, remove, stored, log } = await withImages(10);
    const stuck = images[4];
    if (!stuck) throw new Error('There is no such image.');
    const objects: Deps['objects'] = {
      ...deps.objects,
      delete: (key) => (key === stuck.object_key ? Promise.reject(FAILURE) : deps.objects.delete(key)),
    };
    const outcomes = await remove({ objects });
    expect(outcomes.map(({ failure }) => failure)).toEqual(
      ids.map((_, nth) => (nth === 4 ? FAILURE : undefined)),
    );
    expect(await stored()).toMatchObject({ images: [stuck.image_id], objects: [stuck.object_key] });
    const fields = { err: FAILURE.cause, image_id: stuck.image_id };
    expect(log).toMatchObject([{ level: 'error', fields }]);
    expect((await remove({}, [stuck.image_id])).map(({ failure }) => failure)).toEqual([undefined]);
  });

  test('what nobody has foreseen is not told as an image’s failure', async () => {
    const { deps, remove } = await withImages(2);
    const bug = new TypeError('undefined is not a function');
    const index = { ...deps.index, remove: () => Promise.reject(bug) };
    await expect(remove({ index })).rejects.toBe(bug);
  });

  test('goes to the trash where there is one, and past it where that is asked', async () => {
    const { deps, ids, remove } = await withImages(2);
    const [kept = '', gone = ''] = ids;
    await remove({ trashDays: 7 }, [kept]);
    expect((await deps.index.get(kept))?.deleted_at).not.toBeNull();
    await remove({ trashDays: 7 }, [gone], true);
    expect(await deps.index.get(gone)).toBeUndefined();
  });
});

test.each([
  [0, false],
  [1, true],
  [100, true],
  [101, false],
])('%d ids in one request: %s', (count, isAllowed) => {
  const image_ids = Array.from({ length: count }, () => 'x');
  expect(bulkDeletion.safeParse({ image_ids }).success).toBe(isAllowed);
});
