import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../test/support/silent-log.ts';
import { openStorageForReading } from './open-for-reading.ts';
import { openStorage } from './open-storage.ts';
import { SCHEMA_VERSION } from './sqlite/migrations.ts';

test('a folder is read while a server has it locked, and what is committed is seen', async () => {
  await using folder = await scratchFolder();
  const storage = await openStorage(folder.path, silentLog);
  const reading = openStorageForReading(folder.path);
  const record = sampleRecord();
  await storage.index.insert(record);
  expect(await reading.index.get(record.image_id)).toStrictEqual(record);
  expect(await reading.walk.estimate()).toBe(1);
  reading.close();
  await storage.close();
});

test('reading does not keep a server from starting, stopping or writing', async () => {
  await using folder = await scratchFolder();
  await (await openStorage(folder.path, silentLog)).close();
  const reading = openStorageForReading(folder.path);
  const storage = await openStorage(folder.path, silentLog);
  const record = sampleRecord();
  await storage.index.insert(record);
  await storage.close();
  expect(await reading.index.get(record.image_id)).toStrictEqual(record);
  reading.close();
});

test('what a killed server has left in the write-ahead log is read', async () => {
  await using folder = await scratchFolder();
  const storage = await openStorage(folder.path, silentLog);
  const record = sampleRecord();
  await storage.index.insert(record);
  // As after a kill: the log holds the record, and nobody has moved it into the database.
  await using copy = await scratchFolder();
  for (const name of ['index.db', 'index.db-wal']) {
    await copyFile(join(folder.path, name), join(copy.path, name));
  }
  await storage.close();
  const reading = openStorageForReading(copy.path);
  expect(await reading.index.get(record.image_id)).toStrictEqual(record);
  reading.close();
});

test('a folder without images is refused, and nothing is made in it', async () => {
  await using folder = await scratchFolder();
  const empty = join(folder.path, 'empty');
  await mkdir(empty);
  expect(() => openStorageForReading(empty)).toThrow(/holds no images: there is no index\.db/);
  expect(() => openStorageForReading(join(folder.path, 'none'))).toThrow(/holds no images/);
  expect([await readdir(folder.path), await readdir(empty)]).toEqual([['empty'], []]);
});

test.each([
  [0, new RegExp(`schema version 0, and this release reads version ${SCHEMA_VERSION}`)],
  [99, new RegExp(`schema version 99, this release of Tintype knows versions up to ${SCHEMA_VERSION}`)],
])('a folder of schema version %i is refused with the remedy', async (version, message) => {
  await using folder = await scratchFolder();
  const database = new DatabaseSync(join(folder.path, 'index.db'));
  database.exec(`PRAGMA user_version = ${version}; CREATE TABLE x (y)`);
  database.close();
  expect(() => openStorageForReading(folder.path)).toThrow(message);
});
