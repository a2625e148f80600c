import { once } from 'node:events';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { recordingLog } from '../../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../../test/support/silent-log.ts';
import { openStorage } from '../open-storage.ts';
import type { WriteCommand } from './write-command.ts';
import { beginWriterThread } from './writer-thread.ts';

const insert = (record = sampleRecord()): WriteCommand => ({ kind: 'insert', record });

/** Starts what starts a thread, and gives the thread too. */
async function withItsThread<T>(start: () => Promise<T>): Promise<[T, Worker]> {
  const begun = once(process, 'worker');
  const started = await start();
  const [worker] = (await begun) as [Worker];
  return [started, worker];
}

/** Nothing that the worker could go through: it throws where nobody catches. */
const DEADLY = 'no commands' as unknown as readonly WriteCommand[];

describe('the writing thread', () => {
  test('applies what it is sent, and says how each command ended', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'index.db');
    const { database, index } = openDatabase(path);
    const writer = await beginWriterThread().open(path);
    const record = sampleRecord();
    const outcomes = await writer.commit([insert(record), insert(record), insert()]);
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code))).toEqual(['ok', 'conflict', 'ok']);
    expect(await index.get(record.image_id)).toStrictEqual(record);
    expect(await writer.commit([{ kind: 'remove', previous: record }])).toEqual([{ ok: true }]);
    expect(await index.get(record.image_id)).toBeUndefined();
    await writer.stop();
    database.close();
  });

  test('that has been stopped takes nothing more, and may be stopped again', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'index.db');
    openDatabase(path).database.close();
    const writer = await beginWriterThread().open(path);
    await writer.stop();
    await writer.stop();
    await expect(writer.commit([insert()])).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that cannot open the database does not start', async () => {
    await using folder = await scratchFolder();
    await expect(beginWriterThread().open(folder.path)).rejects.toThrow(/unable to open database/);
  });

  test('that dies of an error fails what was under way and all that follows', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'index.db');
    openDatabase(path).database.close();
    const writer = await beginWriterThread().open(path);
    await expect(writer.commit(DEADLY)).rejects.toMatchObject({
      code: 'unavailable',
      cause: expect.objectContaining({ name: 'TypeError' }),
    });
    await expect(writer.commit([insert()])).rejects.toMatchObject({ code: 'unavailable' });
    await writer.stop();
  });
});

describe('the index of a data folder whose writing thread has ended', () => {
  test('can still be read; writes fail at once, and the folder can be closed and opened again', async () => {
    await using folder = await scratchFolder();
    const [storage, worker] = await withItsThread(() => openStorage(folder.path, silentLog));
    const record = sampleRecord();
    await storage.index.insert(record);
    await worker.terminate();
    expect(await storage.index.get(record.image_id)).toStrictEqual(record);
    for (const write of [
      storage.index.insert(sampleRecord()),
      storage.index.replace(record, { ...record, revision: 2 }),
      storage.index.remove(record),
      storage.index.check(),
    ]) {
      await expect(write).rejects.toMatchObject({ code: 'unavailable' });
    }
    await storage.close();
    // Its last writes may be done or not: the next start looks, as after a crash.
    const log = recordingLog();
    const again = await openStorage(folder.path, log);
    expect(log.entries.map(({ level }) => level)).toContain('warn');
    expect(await again.index.get(record.image_id)).toStrictEqual(record);
    await again.index.remove(record);
    await again.close();
  });

  test('fails what was waiting for it', async () => {
    await using folder = await scratchFolder();
    const [storage, worker] = await withItsThread(() => openStorage(folder.path, silentLog));
    const writes = Array.from({ length: 50 }, () => storage.index.insert(sampleRecord()));
    const settled = Promise.allSettled(writes);
    await worker.terminate();
    const outcomes = await settled;
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed).toEqual(
      failed.map(() => ({ status: 'rejected', reason: expect.objectContaining({ code: 'unavailable' }) })),
    );
    await storage.close();
  });
});
