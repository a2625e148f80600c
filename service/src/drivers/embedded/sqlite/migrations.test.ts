import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { searchFor } from '../../../../test/support/search-for.ts';
import { OperatorError } from '../../../domain/operator-error.ts';
import type { Search } from '../../../domain/search.ts';
import { migrate, NewerSchemaError, SCHEMA_VERSION } from './migrations.ts';
import { SearchReader } from './search-reader.ts';

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

/** Of the first version what later steps build on, with three images of two users, and a user without. */
const FIRST_VERSION = `
  CREATE TABLE users (user INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE tags (tag INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE images (
    image INTEGER PRIMARY KEY, image_id BLOB NOT NULL UNIQUE, user INTEGER NOT NULL REFERENCES users,
    filename TEXT, title TEXT, description TEXT, tags TEXT NOT NULL, content_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    checksum_sha256 BLOB NOT NULL, status TEXT NOT NULL, rejection_reason TEXT, version INTEGER NOT NULL,
    revision INTEGER NOT NULL, created_at INTEGER NOT NULL, upload_time INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, deleted_at INTEGER, object_key TEXT NOT NULL
  ) STRICT;
  CREATE INDEX images_by_time ON images (upload_time, image_id);
  CREATE INDEX images_by_user ON images (user, upload_time, image_id);
  INSERT INTO users (user_id) VALUES ('alice'), ('bob'), ('carol');
  WITH made (number, user, size, status) AS (VALUES (1, 1, 10, 'ready'), (2, 2, 5, 'ready'), (3, 1, 20, 'rejected'))
    INSERT INTO images SELECT number, CAST(printf('%016d', number) AS BLOB), user, NULL, 'Blåsippa ' || number, NULL, '["new york"]',
      'image/png', size, 1, 1, x'5e', status, NULL, 1, 1, 0, 0, 0, NULL, 'key' FROM made;
  PRAGMA user_version = 1;
`;

test('what each user has is counted from the images that are there', () => {
  using database = new DatabaseSync(':memory:');
  database.exec(FIRST_VERSION);
  migrate(database);
  const rows = database.prepare('SELECT user_id, images, bytes, max_images, max_bytes FROM users').all();
  const unlimited = { max_images: null, max_bytes: null };
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { user_id: 'alice', images: 2, bytes: 30, ...unlimited },
    { user_id: 'bob', images: 1, bytes: 5, ...unlimited },
    { user_id: 'carol', images: 0, bytes: 0, ...unlimited },
  ]);
});

test('what was uploaded before images could be searched is found, as if it had been uploaded today', () => {
  using database = new DatabaseSync(':memory:');
  database.exec(FIRST_VERSION);
  migrate(database);
  const found = (text: string, filter: Partial<Search['filter']> = {}) =>
    new SearchReader(database)
      .find(searchFor(text, { filter: { tags: [], uploaded: {}, ...filter } }), 10, null)
      .hits.map(({ image_id }) => Number(image_id.replaceAll('-', '').slice(-2)) - 30);
  expect(found('blasippa')).toEqual([2, 1]);
  expect(found('"blåsippa 1" york')).toEqual([1]);
  expect(found('blas', { user_id: 'bob', tags: ['new york'] })).toEqual([2]);
  expect(found('blas', { status: 'rejected' })).toEqual([3]);
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
