import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { OperatorError } from '../../../domain/operator-error.ts';
import { migrate, NewerSchemaError, SCHEMA_VERSION } from './migrations.ts';

const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()?.['user_version'];

const schemaOf = (database: DatabaseSync) =>
  database.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY type, name').all();

test('a new database gets the whole schema', () => {
  using database = new DatabaseSync(':memory:');
  migrate(database);
  expect(versionOf(database)).toBe(SCHEMA_VERSION);
  const names = schemaOf(database).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['images', 'users', 'tags', 'image_tags', 'user_tags', 'run']),
  );
  expect(names).toEqual(expect.arrayContaining(['images_by_time', 'images_by_user']));
  expect(database.isTransaction).toBe(false);
});

test('a database that is current stays as it is', async () => {
  const { database, index } = openDatabase();
  const record = sampleRecord();
  await index.insert(record);
  const before = schemaOf(database);
  migrate(database);
  expect(schemaOf(database)).toEqual(before);
  expect(versionOf(database)).toBe(SCHEMA_VERSION);
  expect(await index.get(record.image_id)).toStrictEqual(record);
});

test('a database of a newer release is refused with the remedy, and stays as it is', () => {
  using database = new DatabaseSync(':memory:');
  database.exec(`CREATE TABLE future (x); PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  const before = schemaOf(database);
  expect(() => migrate(database)).toThrow(NewerSchemaError);
  expect(() => migrate(database)).toThrow(OperatorError);
  expect(() => migrate(database)).toThrow(
    `The database has schema version ${SCHEMA_VERSION + 1}, this release of Tintype knows versions up to ` +
      `${SCHEMA_VERSION}. It was written by a newer release: start that one, or restore a backup from before the upgrade.`,
  );
  expect(schemaOf(database)).toEqual(before);
  expect(versionOf(database)).toBe(SCHEMA_VERSION + 1);
});

test('a step that fails is not half done', async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'index.db');
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE tags (in_the_way TEXT)');
  expect(() => migrate(database)).toThrow('already exists');
  database.close();
  using again = new DatabaseSync(path);
  expect(schemaOf(again).map(({ name }) => name)).toEqual(['tags']);
  expect(versionOf(again)).toBe(0);
});
