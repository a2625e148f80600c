import { describe, expect, test } from 'vitest';
import { memoryDeps, NOW } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { bytesOf, keysOf, put } from '../../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Deps } from '../deps.ts';
import { restoreImage } from '../restore-image.ts';
import { doJob } from './do-job.ts';
import { purgeTrash } from './purge-trash.ts';

const DAY_MS = 86_400_000;
const DAYS = 7;
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const UNLIMITED = { max_images: null, max_bytes: null };

/** Deleted so many days ago; null: not at all. */
const image = (daysAgo: number | null, user_id = 'alice') =>
  sampleRecord({
    ...{ user_id, size_bytes: 10 },
    deleted_at: daysAgo === null ? null : new Date(NOW - daysAgo * DAY_MS).toISOString(),
  });

async function withImages(...images: readonly ImageRecord[]) {
  const memory = memoryDeps();
  const deps: Deps = { ...memory.deps, trashDays: DAYS, clock: { now: () => NOW } };
  for (const each of images) {
    await put(deps.objects, each.object_key, bytesOf(10));
    await deps.index.insert(each);
    await (await deps.quotas.reserve(each.user_id, { images: 1, bytes: 10 }, UNLIMITED)).keep(10);
  }
  const left = async () => {
    const found = await Promise.all(images.map(({ image_id }) => deps.index.get(image_id)));
    return found.flatMap((record, nth) => (record ? [nth] : []));
  };
  const workOff = async () => {
    for (const job of memory.jobs) await doJob(memory.deps, job, { number: 1, isLast: false });
  };
  return { ...memory, deps, left, workOff };
}

describe('the purge', () => {
  test('removes what has lain in the trash for longer than the days, its bytes by jobs', async () => {
    const images = [image(DAYS + 1), image(DAYS - 1), image(null), image(400), image(DAYS)];
    const { deps, left, workOff } = await withImages(...images);
    expect(await purgeTrash(deps)).toBe(2);
    expect(await left()).toEqual([1, 2, 4]);
    expect(await deps.quotas.usageOf('alice')).toMatchObject({ images: 3, bytes: 30 });
    await workOff();
    const kept = [1, 2, 4].map((nth) => images[nth]?.object_key ?? '');
    expect(await keysOf(deps.objects)).toEqual(kept.sort());
    expect(await purgeTrash(deps)).toBe(0);
  });

  test('goes on until nothing is due, however much there is', async () => {
    const { deps, left } = await withImages(...Array.from({ length: 230 }, () => image(30)));
    expect(await purgeTrash(deps)).toBe(230);
    expect(await left()).toEqual([]);
    expect(await deps.quotas.usageOf('alice')).toMatchObject({ images: 0, bytes: 0 });
  });

  test('removes all of the trash where none is kept any more', async () => {
    const { deps, left } = await withImages(image(1), image(null));
    expect(await purgeTrash({ ...deps, trashDays: 0 })).toBe(1);
    expect(await left()).toEqual([1]);
  });
});

describe('where the clock of record and the machine’s are apart', () => {
  const YEARS = 3650;
  const purge = ({ deps }: { deps: Deps }, record: number, machine: number) => {
    const at = (days: number) => NOW + days * DAY_MS;
    return purgeTrash({ ...deps, clock: { now: () => at(record), machine: () => at(machine) } });
  };

  test('a clock that was ahead for a moment takes nothing early, and what it moved there goes in its time', async () => {
    const home = await withImages(image(DAYS + 1), image(1), image(-YEARS), image(-1));
    expect(await purge(home, YEARS, 0)).toBe(1);
    expect(await home.left()).toEqual([1, 2, 3]);
    // A week later, by whichever clock has moved on.
    expect(await purge(home, YEARS + DAYS / 2, DAYS)).toBe(1);
    expect(await home.left()).toEqual([2, 3]);
    expect(await purge(home, YEARS + DAYS + 1, 2 * DAYS)).toBe(2);
    expect(await home.left()).toEqual([]);
  });

  test('a clock that was set back keeps nothing for longer', async () => {
    const home = await withImages(image(DAYS + 1), image(DAYS - 1), image(400));
    expect(await purge(home, 0, -YEARS)).toBe(2);
    expect(await home.left()).toEqual([1]);
  });

  test('what time it surely is counts, too', async () => {
    const { deps, left } = await withImages(image(DAYS + 2), image(DAYS + 1));
    expect(await purgeTrash(deps, NOW - 1.5 * DAY_MS)).toBe(1);
    expect(await left()).toEqual([1]);
    expect(await purgeTrash(deps, NOW + DAY_MS)).toBe(1);
  });
});

describe('what is restored at the same time', () => {
  const trashed = image(30);
  const { image_id, object_key } = trashed;
  const restore = (deps: Deps) => restoreImage(deps, ANONYMOUS, { image_id, if_match: undefined });

  test.each([
    ['after it was seen to be due', 'listed'],
    ['while it is listed', 'read'],
    ['and deleted anew', 'anew'],
  ])('%s stays, with its bytes and its room', async (_when, at) => {
    const { deps, left, workOff } = await withImages(trashed);
    const index: Deps['index'] = {
      ...deps.index,
      async due(...asked) {
        const listed = await deps.index.due(...asked);
        const { image: restored } = await restore(deps);
        if (at === 'listed') return listed;
        // Stores that read the record after they have found that it is due see what it is then.
        if (at === 'read') return [restored];
        const deleted = { ...restored, deleted_at: new Date(NOW).toISOString(), revision: 9 };
        await deps.index.replace(restored, deleted);
        return [deleted];
      },
    };
    expect(await purgeTrash({ ...deps, index })).toBe(0);
    await workOff();
    expect(await left()).toEqual([0]);
    expect(await keysOf(deps.objects)).toContain(object_key);
    expect(await deps.quotas.usageOf('alice')).toMatchObject({ images: 1, bytes: 10 });
  });

  test('and not in time is gone, and the one who restores it hears so', async () => {
    const { deps, workOff } = await withImages(trashed);
    const index: Deps['index'] = {
      ...deps.index,
      async replace(previous, next, jobs) {
        expect(await purgeTrash(deps)).toBe(1);
        await deps.index.replace(previous, next, jobs);
      },
    };
    await expect(restore({ ...deps, index })).rejects.toMatchObject({ code: 'not_found' });
    await workOff();
    expect(await keysOf(deps.objects)).toEqual([]);
  });
});

describe('where it fails', () => {
  test('at the index, that is told, and the next time it goes on', async () => {
    const { deps, left, jobs } = await withImages(image(30), image(29), image(28));
    let removals = 0;
    const index: Deps['index'] = {
      ...deps.index,
      remove: (...removal) => (++removals === 2 ? Promise.reject(FAILURE) : deps.index.remove(...removal)),
    };
    await expect(purgeTrash({ ...deps, index })).rejects.toBe(FAILURE);
    expect(await left()).toEqual([1, 2]);
    expect(jobs.length).toBe(1);
    expect(await purgeTrash({ ...deps, index })).toBe(2);
    expect(await left()).toEqual([]);
  });

  test('at the quota, that is logged, and the image is gone', async () => {
    const { deps, left, log } = await withImages(image(30));
    const quotas = { ...deps.quotas, giveBack: () => Promise.reject(FAILURE) };
    expect(await purgeTrash({ ...deps, quotas })).toBe(1);
    expect(await left()).toEqual([]);
    expect(log).toMatchObject([{ level: 'error', fields: { err: FAILURE } }]);
  });

  test('at what others change without end, it ends, and leaves it to the next time', async () => {
    const { deps } = await withImages(...Array.from({ length: 100 }, () => image(30)));
    const index: Deps['index'] = {
      ...deps.index,
      async remove(previous, jobs) {
        await deps.index.replace(previous, { ...previous, background_revision: 1 });
        await deps.index.remove(previous, jobs);
      },
    };
    expect(await purgeTrash({ ...deps, index })).toBe(0);
    expect(await purgeTrash(deps)).toBe(100);
  });
});
