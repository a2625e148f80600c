import { describe, expect, test } from 'vitest';
import { memoryDeps, NOTHING, NOW } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { EraseImages } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { eraseUser } from '../erase-user.ts';
import { eraseImages } from './erase-images.ts';

const USER = 'alice';
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const JOB: EraseImages = { kind: 'erase-images', user_id: USER, before: NOW };
const BEFORE = new Date(NOW - 1000).toISOString();
const UPLOAD = { method: 'put', expires_at: new Date(NOW + 1000).toISOString() } as const;

const image = (differing: Partial<ImageRecord> = {}) =>
  sampleRecord({ user_id: USER, upload_time: BEFORE, ...differing });

async function withImages(...images: readonly ImageRecord[]) {
  const memory = memoryDeps();
  const { deps } = memory;
  for (const each of images) {
    if (each.status !== 'pending') await put(deps.objects, each.object_key, bytesOf(5));
    await deps.index.insert(each);
  }
  const left = async () => {
    const found = await Promise.all(images.map(({ image_id }) => deps.index.get(image_id)));
    return found.flatMap((record, nth) => (record ? [nth] : []));
  };
  /** Erases until no job of it is left. @returns how many jobs that were. */
  const eraseAll = async (using: Deps = deps) => {
    let done = 0;
    for (const queued: EraseImages[] = [JOB]; queued.length > 0; done++) {
      const [job = JOB] = queued.splice(0, 1);
      const enqueue: Deps['jobs']['enqueue'] = async (next) => {
        if (next.kind === 'erase-images') queued.push(next);
      };
      await eraseImages({ ...using, jobs: { enqueue } }, job);
    }
    return done;
  };
  return { ...memory, left, eraseAll };
}

describe('erasing what a user has', () => {
  test('takes images of every kind, and nobody else has fewer', async () => {
    const { eraseAll, left } = await withImages(
      image(),
      image({ deleted_at: BEFORE }),
      image({ status: 'pending', upload: UPLOAD }),
      image({ status: 'scanning' }),
      image({ status: 'rejected' }),
      image({ user_id: 'bob' }),
      image({ user_id: 'alice2', status: 'rejected' }),
    );
    expect(await eraseAll()).toBe(1);
    expect(await left()).toEqual([5, 6]);
  });

  test('takes what was there when it was asked for, and not what came after', async () => {
    const { deps, eraseAll, left, jobs } = await withImages(
      image({ upload_time: new Date(NOW).toISOString() }),
      image({ upload_time: new Date(NOW + 1).toISOString(), status: 'rejected' }),
    );
    expect(await eraseAll()).toBe(1);
    expect(await left()).toEqual([0, 1]);
    // Asked for in the same millisecond in which something came.
    await eraseUser({ ...deps, clock: { now: () => NOW } }, ANONYMOUS, USER);
    const asked_by = { user_id: null, ...ANONYMOUS.request };
    expect(jobs).toEqual([{ ...JOB, before: NOW + 1, asked_by }]);
    await eraseImages(deps, { ...JOB, before: NOW + 1 });
    expect(await left()).toEqual([1]);
  });

  test.each([199, 200, 201, 450])('goes on in further jobs where there is much: %d', async (count) => {
    const half = Math.floor(count / 2);
    const { eraseAll, stored } = await withImages(
      ...Array.from({ length: half }, () => image()),
      ...Array.from({ length: count - half }, () => image({ status: 'rejected' })),
    );
    expect(await eraseAll()).toBe(Math.floor(count / 200) + 1);
    expect(await stored()).toEqual(NOTHING);
  });

  test('misses none that goes on to what comes next while it looks', async () => {
    for (const [from, to] of [
      ['scanning', 'ready'],
      ['scanning', 'rejected'],
      ['ready', 'rejected'],
    ] as const) {
      const moving = image({ status: from });
      const { deps, eraseAll, left } = await withImages(moving);
      let lists = 0;
      const index: Deps['index'] = {
        ...deps.index,
        async list(filter, limit, after) {
          // Just before its own kind is looked at.
          const isNext = (filter.status ?? 'ready') === from;
          if (isNext && lists++ === 0) await deps.index.replace(moving, { ...moving, status: to });
          return deps.index.list(filter, limit, after);
        },
      };
      await eraseAll({ ...deps, index });
      expect(await left()).toEqual([]);
    }
  });

  test('goes past the trash', async () => {
    const { deps, eraseAll, left } = await withImages(image());
    await eraseAll({ ...deps, trashDays: 30 });
    expect(await left()).toEqual([]);
  });

  test('is done where somebody else deletes at the same time', async () => {
    const one = image();
    const { deps, left } = await withImages(one);
    const index: Deps['index'] = {
      ...deps.index,
      async list(filter, limit, after) {
        const page = await deps.index.list(filter, limit, after);
        if (page.items.length > 0) await deps.index.remove(one);
        return page;
      },
    };
    await eraseImages({ ...deps, index }, JOB);
    expect(await left()).toEqual([]);
  });

  test('fails where something cannot be removed now, and goes on there when it is done again', async () => {
    const { deps, left, eraseAll } = await withImages(image(), image(), image());
    let deletions = 0;
    const objects: Deps['objects'] = {
      ...deps.objects,
      delete: (key) => (++deletions === 2 ? Promise.reject(FAILURE) : deps.objects.delete(key)),
    };
    await expect(eraseImages({ ...deps, objects }, JOB)).rejects.toBe(FAILURE);
    expect((await left()).length).toBe(2);
    await eraseAll();
    expect(await left()).toEqual([]);
  });
});
