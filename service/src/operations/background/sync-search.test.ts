import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { newImageId } from '../../domain/image-id.ts';
import type { Job } from '../../domain/job.ts';
import type { SearchEntry } from '../../ports/search-writer.ts';
import { syncChangedImages, syncSearch } from './sync-search.ts';

const [ONE, TWO] = [sampleRecord({ title: 'One' }), sampleRecord({ title: 'Two' })];
const GONE = newImageId(1);

interface Faults {
  readonly refusing?: readonly string[];
  readonly down?: 'records' | 'writer' | undefined;
  readonly queueDown?: boolean;
}

function home({ refusing = [], down, queueDown = false }: Faults = {}) {
  const written: SearchEntry[] = [];
  const queued: Job[] = [];
  const { deps, log } = memoryDeps();
  const failure = unavailable('not now', new Error('down'));
  const records = {
    async getRecords(ids: readonly string[]): Promise<ImageRecord[]> {
      if (down === 'records') throw failure;
      return [ONE, TWO].filter(({ image_id }) => ids.includes(image_id));
    },
  };
  const writer = {
    async write(entries: readonly SearchEntry[]) {
      if (down === 'writer') throw failure;
      const refused = entries.filter(({ image_id }) => refusing.includes(image_id));
      written.push(...entries.filter((entry) => !refused.includes(entry)));
      return refused.map(({ image_id }) => ({ image_id, cause: 'too long' }));
    },
  };
  const jobs = {
    async enqueue(job: Job) {
      if (queueDown) throw failure;
      queued.push(job);
    },
  };
  return { deps: { ...deps, jobs, searchFeed: { records, writer } }, written, queued, log };
}

const jobOf = (image_id: string): Job => ({ kind: 'sync-search', image_id });

describe('what changed', () => {
  test('is written as it is now, each image once, and as gone where there is none', async () => {
    const { deps, written, queued } = home();
    const changed = [ONE.image_id, GONE, ONE.image_id, TWO.image_id];
    expect(await syncChangedImages(deps, changed)).toEqual([]);
    expect(written).toEqual([
      { image_id: ONE.image_id, record: ONE },
      { image_id: GONE, record: undefined },
      { image_id: TWO.image_id, record: TWO },
    ]);
    expect(queued).toEqual([]);
  });

  test('and is refused by the engine is left to a job, with a line in the log; the others are done', async () => {
    const { deps, written, queued, log } = home({ refusing: [ONE.image_id] });
    expect(await syncChangedImages(deps, [ONE.image_id, TWO.image_id])).toEqual([]);
    expect(written.map(({ image_id }) => image_id)).toEqual([TWO.image_id]);
    expect(queued).toEqual([jobOf(ONE.image_id)]);
    expect(log).toMatchObject([{ level: 'warn', fields: { image_id: ONE.image_id } }]);
  });

  test.each(['records', 'writer'] as const)(
    'is left to jobs, all of it, where the %s cannot be asked',
    async (down) => {
      const { deps, queued } = home({ down });
      expect(await syncChangedImages(deps, [ONE.image_id, GONE])).toEqual([]);
      expect(queued).toEqual([jobOf(ONE.image_id), jobOf(GONE)]);
    },
  );

  test('is given back where not even a job can be queued', async () => {
    const { deps } = home({ refusing: [ONE.image_id], queueDown: true });
    expect(await syncChangedImages(deps, [ONE.image_id, TWO.image_id])).toEqual([ONE.image_id]);
  });

  test('is nothing to be done where there is no index', async () => {
    const { deps } = home();
    expect(await syncChangedImages({ ...deps, searchFeed: undefined }, [ONE.image_id])).toEqual([]);
    await expect(
      syncSearch({ searchFeed: undefined }, { kind: 'sync-search', image_id: GONE }),
    ).resolves.toBeUndefined();
  });
});

describe('the job of an image', () => {
  test('writes it as it is now', async () => {
    const { deps, written } = home();
    await syncSearch(deps, { kind: 'sync-search', image_id: TWO.image_id });
    expect(written).toEqual([{ image_id: TWO.image_id, record: TWO }]);
  });

  test.each<Faults>([{ refusing: [TWO.image_id] }, { down: 'records' }, { down: 'writer' }])(
    'fails with %j, so that it is tried again',
    async (faults) => {
      const { deps } = home(faults);
      const done = syncSearch(deps, { kind: 'sync-search', image_id: TWO.image_id });
      await expect(done).rejects.toMatchObject({ code: 'unavailable' });
    },
  );
});
