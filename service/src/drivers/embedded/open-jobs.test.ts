import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../test/support/silent-log.ts';
import type { Job } from '../../domain/job.ts';
import { openJobs } from './open-jobs.ts';
import { type EmbeddedStorage, openStorage } from './open-storage.ts';
import { SCHEMA_VERSION } from './sqlite/migrations.ts';

const { image_id } = sampleRecord();
const processing = (version: number): Job => ({ kind: 'process-image', image_id, version });
const ERASE: Job = { kind: 'erase-images', user_id: 'alice', before: 0 };
const LATER = Date.UTC(2100, 0);

/** A data folder that its server has open, with its jobs read by another. */
async function openBoth() {
  const folder = await scratchFolder();
  const storage = await openStorage(folder.path, silentLog);
  const jobs = openJobs(folder.path);
  onTestFinished(async () => {
    jobs.close();
    await storage.close();
    await folder.remove();
  });
  return { folder, storage, jobs };
}

async function idOf({ jobs }: EmbeddedStorage, job: Job): Promise<number> {
  await jobs.enqueue(job);
  const found = jobs.due(job.kind, LATER, 100).find(({ content }) => content === JSON.stringify(job));
  if (!found) throw new Error('The job is not in the queue.');
  return found.id;
}

async function bury(storage: EmbeddedStorage, job: Job): Promise<string> {
  const id = await idOf(storage, job);
  await storage.jobs.bury(id, 'no scanner');
  return String(id);
}

describe('beside a server that has the folder', () => {
  test('dead jobs are listed', async () => {
    const { storage, jobs } = await openBoth();
    const id = await bury(storage, processing(1));
    await storage.jobs.enqueue(processing(2));
    expect(await jobs.listDead(10)).toMatchObject([{ id, failure: 'no scanner', tries: 1 }]);
  });

  test('one of them is made due again, as if never tried, and the server sees it', async () => {
    const { storage, jobs } = await openBoth();
    const [first, second] = [await bury(storage, processing(1)), await bury(storage, processing(2))];
    expect(await jobs.retryDead(first)).toBe(1);
    expect(storage.jobs.due('process-image', Date.now(), 10)).toMatchObject([
      { id: Number(first), tries: 0 },
    ]);
    expect(await jobs.listDead(10)).toMatchObject([{ id: second }]);
    expect(await jobs.retryDead(first)).toBe(0);
    expect(await jobs.retryDead(null)).toBe(1);
  });

  test('what waits is counted by its kind, with the failure of one that is retried', async () => {
    const { storage, jobs } = await openBoth();
    expect(await jobs.countJobs()).toEqual([]);
    await storage.jobs.enqueue(processing(1));
    await storage.jobs.postpone(await idOf(storage, processing(2)), LATER, 'second');
    await storage.jobs.postpone(await idOf(storage, processing(3)), LATER - 1, 'first');
    await bury(storage, processing(4));
    await bury(storage, ERASE);
    expect(await jobs.countJobs()).toEqual([
      { name: 'erase-images', waiting: 0, retried: 0, in_hand: null, dead: 1, failure: null },
      { name: 'process-image', waiting: 3, retried: 2, in_hand: null, dead: 1, failure: 'second' },
    ]);
  });
});

test('a retry in a folder whose server does not run is there when it starts', async () => {
  await using folder = await scratchFolder();
  const first = await openStorage(folder.path, silentLog);
  await bury(first, processing(1));
  await first.close();
  const jobs = openJobs(folder.path);
  expect(await jobs.retryDead(null)).toBe(1);
  jobs.close();
  const second = await openStorage(folder.path, silentLog);
  expect(second.jobs.due('process-image', Date.now(), 10)).toHaveLength(1);
  await second.close();
});

test('a failure of the database is `unavailable`', async () => {
  const { folder, jobs } = await openBoth();
  const database = new DatabaseSync(join(folder.path, 'index.db'));
  database.exec('DROP TABLE jobs');
  database.close();
  const failed = { code: 'unavailable' };
  await expect(jobs.countJobs()).rejects.toMatchObject(failed);
  await expect(jobs.listDead(1)).rejects.toMatchObject(failed);
  await expect(jobs.retryDead(null)).rejects.toMatchObject(failed);
});

test('a folder without images is refused, and nothing is made in it', async () => {
  await using folder = await scratchFolder();
  expect(() => openJobs(folder.path)).toThrow(/holds no images/);
  expect(await readdir(folder.path)).toEqual([]);
});

test('a folder of another schema is refused with the remedy', async () => {
  await using folder = await scratchFolder();
  const database = new DatabaseSync(join(folder.path, 'index.db'));
  database.exec('PRAGMA user_version = 1; CREATE TABLE x (y)');
  database.close();
  expect(() => openJobs(folder.path)).toThrow(new RegExp(`this release reads version ${SCHEMA_VERSION}`));
});
