import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ALL, listed } from '../../../test/support/listed.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../test/support/silent-log.ts';
import { FolderInUseError } from './folder-lock.ts';
import { openStorage } from './open-storage.ts';
import { NewerSchemaError, SCHEMA_VERSION } from './sqlite/migrations.ts';

/** The last schema without the table that images are searched by. */
const VERSION_BEFORE_SEARCH = 8;

test('a data folder is made, for this user alone, with all that belongs into it', async () => {
  await using scratch = await scratchFolder();
  const folder = join(scratch.path, 'data', 'tintype');
  const log = recordingLog();
  const storage = await openStorage(folder, log);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(['incoming', 'index.db', 'lock.db', 'objects', 'signing-secret']),
  );
  expect(storage.folder).toBe(folder);
  expect(storage.latestTime).toBe(0);
  await expect(storage.index.check()).resolves.toBeUndefined();
  await storage.close();
  expect(log.entries).toEqual([]);
});

test('each check of the index writes into its log, and the time at which the run began stays as it is', async () => {
  await using scratch = await scratchFolder();
  const storage = await openStorage(scratch.path, silentLog);
  using reader = new DatabaseSync(join(scratch.path, 'index.db'), { readOnly: true });
  const begun = () => Number(reader.prepare('SELECT started_at FROM run').get()?.['started_at']);
  const logged = async () => (await stat(join(scratch.path, 'index.db-wal'))).size;
  const [first, sizes] = [begun(), [await logged()]];
  for (let checks = 0; checks < 6; checks++) {
    await storage.index.check();
    sizes.push(await logged());
    expect(Math.abs(begun() - first)).toBeLessThanOrEqual(1);
  }
  expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b));
  await storage.close();
});

test('a database of an older release is brought up to date, which the log says first', async () => {
  await using scratch = await scratchFolder();
  await (await openStorage(scratch.path, silentLog)).close();
  const path = join(scratch.path, 'index.db');
  // SQLite leaves this one behind, and lets nobody drop it who has known it as a part of the other.
  for (const table of ['search', 'search_content']) {
    using database = new DatabaseSync(path);
    database.exec(`DROP TABLE ${table}; PRAGMA user_version = ${VERSION_BEFORE_SEARCH}`);
  }
  const log = recordingLog();
  await (await openStorage(scratch.path, log)).close();
  expect(log.entries).toMatchObject([
    { level: 'info', fields: { from: VERSION_BEFORE_SEARCH, to: SCHEMA_VERSION } },
  ]);
  await (await openStorage(scratch.path, log)).close();
  expect(log.entries).toHaveLength(1);
});

test('what was written is there when the folder is opened again, and so is its secret', async () => {
  await using scratch = await scratchFolder();
  const first = await openStorage(scratch.path, silentLog);
  const records = Array.from({ length: 20 }, () => sampleRecord());
  await Promise.all(records.map((record) => first.index.insert(record)));
  await first.close();
  const second = await openStorage(scratch.path, silentLog);
  expect(second.signingSecret).toBe(first.signingSecret);
  for (const record of records) expect(await second.index.get(record.image_id)).toStrictEqual(record);
  expect(await listed(second.index, ALL)).toHaveLength(20);
  await second.close();
});

test('the latest time on record goes on across runs, whatever becomes of the images', async () => {
  await using scratch = await scratchFolder();
  const older = sampleRecord({ upload_time: '2026-05-04T00:00:00.000Z' });
  const newer = sampleRecord({ upload_time: '2026-05-05T00:00:00.000Z' });
  const first = await openStorage(scratch.path, silentLog);
  await first.index.insert(newer);
  await first.index.insert(older);
  await first.close();
  const second = await openStorage(scratch.path, silentLog);
  expect(second.latestTime).toBe(Date.parse(newer.upload_time));
  await second.index.replace(older, { ...older, revision: 2, updated_at: '2026-05-06T00:00:00.000Z' });
  await second.index.remove(newer);
  await second.close();
  const third = await openStorage(scratch.path, silentLog);
  expect(third.latestTime).toBe(Date.parse('2026-05-06T00:00:00.000Z'));
  await third.close();
});

test('a folder that is open is refused to a second, and the first goes on', async () => {
  await using scratch = await scratchFolder();
  const first = await openStorage(scratch.path, silentLog);
  await expect(openStorage(scratch.path, silentLog)).rejects.toThrow(FolderInUseError);
  const record = sampleRecord();
  await first.index.insert(record);
  expect(await first.index.get(record.image_id)).toStrictEqual(record);
  await first.close();
  const second = await openStorage(scratch.path, silentLog);
  expect(await second.index.get(record.image_id)).toStrictEqual(record);
  await second.close();
});

test('a folder of a newer release is refused, and let go of', async () => {
  await using scratch = await scratchFolder();
  await (await openStorage(scratch.path, silentLog)).close();
  const setVersion = (version: number) => {
    using database = new DatabaseSync(join(scratch.path, 'index.db'));
    database.exec(`PRAGMA user_version = ${version}`);
  };
  setVersion(SCHEMA_VERSION + 1);
  await expect(openStorage(scratch.path, silentLog)).rejects.toThrow(NewerSchemaError);
  setVersion(SCHEMA_VERSION);
  await (await openStorage(scratch.path, silentLog)).close();
});

test('closing waits for the writes that are under way', async () => {
  await using scratch = await scratchFolder();
  const storage = await openStorage(scratch.path, silentLog);
  const records = Array.from({ length: 300 }, () => sampleRecord());
  const writes = Promise.allSettled(records.map((record) => storage.index.insert(record)));
  await storage.close();
  expect((await writes).every(({ status }) => status === 'fulfilled')).toBe(true);
  const again = await openStorage(scratch.path, silentLog);
  expect(await listed(again.index, ALL)).toHaveLength(300);
  await again.close();
});

test('what has been closed takes and gives nothing more', async () => {
  await using scratch = await scratchFolder();
  const storage = await openStorage(scratch.path, silentLog);
  await storage.close();
  await expect(storage.index.insert(sampleRecord())).rejects.toMatchObject({ code: 'unavailable' });
  await expect(storage.index.get(sampleRecord().image_id)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(storage.index.check()).rejects.toMatchObject({ code: 'unavailable' });
});
