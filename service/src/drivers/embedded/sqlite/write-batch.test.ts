import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test, vi } from 'vitest';
import { ALL, listed } from '../../../../test/support/listed.ts';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { DomainError } from '../../../domain/errors.ts';
import { migrate } from './migrations.ts';
import { databaseFailure, writeBatch } from './write-batch.ts';
import { CommandWriter, type WriteCommand } from './write-command.ts';

const insert = (record = sampleRecord()): WriteCommand => ({ kind: 'insert', record });

/** The database refuses it halfway: a tag is there once only. */
const failing = () => insert(sampleRecord({ user_id: 'mallory', tags: ['half', 'done', 'done'] }));

const count = (database: DatabaseSync, table: string) =>
  database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'];

describe('a batch of commands', () => {
  test('is one transaction', () => {
    const { database, writer } = openDatabase();
    const exec = vi.spyOn(database, 'exec');
    expect(writeBatch(database, writer, [insert(), insert(), insert()])).toEqual(
      [1, 2, 3].map(() => ({ ok: true })),
    );
    const transactions = exec.mock.calls.map(([sql]) => sql).filter((sql) => /BEGIN|COMMIT/.test(sql));
    expect(transactions).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
    expect(count(database, 'images')).toBe(3);
  });

  test('in which one fails does all the others, and nothing of that one', async () => {
    const { database, writer, index } = openDatabase();
    const [first, last] = [sampleRecord(), sampleRecord()];
    const outcomes = writeBatch(database, writer, [insert(first), failing(), insert(last)]);
    expect(outcomes).toEqual([
      { ok: true },
      expect.objectContaining({ ok: false, code: 'unavailable', cause: expect.stringContaining('UNIQUE') }),
      { ok: true },
    ]);
    expect(await listed(index, ALL)).toEqual([first.image_id, last.image_id].sort().reverse());
    expect(await listed(index, { ...ALL, tags: ['half'] })).toEqual([]);
    const users = database.prepare('SELECT user_id FROM users').all();
    expect(users.map(({ user_id }) => user_id)).toEqual(['alice']);
    const tags = database.prepare('SELECT name FROM tags ORDER BY name').all();
    expect(tags.map(({ name }) => name)).toEqual(['bird', 'dusk']);
  });

  test('tells each what it did not find as it was', () => {
    const { database, writer } = openDatabase();
    const [record, gone] = [sampleRecord(), sampleRecord()];
    const outcomes = writeBatch(database, writer, [
      insert(record),
      insert(record),
      { kind: 'remove', previous: { ...record, revision: 9 } },
      { kind: 'remove', previous: gone },
      { kind: 'replace', previous: gone, next: gone },
      { kind: 'probe' },
      { kind: 'remove', previous: record },
    ]);
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code))).toEqual([
      'ok',
      'conflict',
      'conflict',
      'not_found',
      'not_found',
      'ok',
      'ok',
    ]);
  });

  test('with no commands is fine', () => {
    const { database, writer } = openDatabase();
    expect(writeBatch(database, writer, [])).toEqual([]);
    expect(database.isTransaction).toBe(false);
  });

  test('can be sent to another thread, with its outcomes', () => {
    const { database, writer } = openDatabase();
    const outcomes = writeBatch(database, writer, [insert(), failing()]);
    expect(structuredClone(outcomes)).toEqual(outcomes);
  });
});

describe('a transaction that fails', () => {
  test('when it begins fails every command, and the next batch goes on', async () => {
    await using folder = await scratchFolder();
    const { database, writer } = openDatabase(join(folder.path, 'index.db'));
    database.exec('PRAGMA busy_timeout = 0');
    const other = new DatabaseSync(join(folder.path, 'index.db'));
    other.exec('BEGIN IMMEDIATE');
    const outcomes = writeBatch(database, writer, [insert(), insert()]);
    expect(outcomes).toEqual([1, 2].map(() => expect.objectContaining({ ok: false, code: 'unavailable' })));
    other.exec('ROLLBACK');
    expect(count(database, 'images')).toBe(0);
    expect(writeBatch(database, writer, [insert()])).toEqual([{ ok: true }]);
    other.close();
    database.close();
  });

  test('when it commits fails every command, and leaves nothing of any', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'index.db');
    // Without a WAL a reader can hold up a commit.
    const database = new DatabaseSync(path, { timeout: 0 });
    migrate(database);
    const other = new DatabaseSync(path);
    other.exec('BEGIN');
    expect(count(other, 'images')).toBe(0);
    const writer = new CommandWriter(database);
    const outcomes = writeBatch(database, writer, [insert(), insert()]);
    expect(outcomes).toEqual([1, 2].map(() => expect.objectContaining({ ok: false, code: 'unavailable' })));
    expect(database.isTransaction).toBe(false);
    other.exec('ROLLBACK');
    expect(count(database, 'images')).toBe(0);
    expect(writeBatch(database, writer, [insert()])).toEqual([{ ok: true }]);
    other.close();
    database.close();
  });

  test('for want of room says so, and leaves nothing of what it said that of', () => {
    const { database, writer } = openDatabase();
    const before = writeBatch(database, writer, [insert()]);
    expect(before).toEqual([{ ok: true }]);
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const large = () => insert(sampleRecord({ description: 'x'.repeat(2000) }));
    const outcomes = writeBatch(database, writer, Array.from({ length: 20 }, large));
    const failed = outcomes.filter((outcome) => !outcome.ok);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed).toEqual(failed.map(() => expect.objectContaining({ code: 'insufficient_storage' })));
    expect(count(database, 'images')).toBe(1 + outcomes.length - failed.length);
    database.exec(`PRAGMA max_page_count = ${pages + 1000}`);
    expect(writeBatch(database, writer, [large()])).toEqual([{ ok: true }]);
  });
});

describe("a database's failure", () => {
  test('that is one of the domain stays what it is', () => {
    const error = new DomainError('conflict', 'Changed.');
    expect(databaseFailure(error)).toBe(error);
  });

  test('for want of room is insufficient_storage, any other unavailable, with its cause', () => {
    const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });
    const damaged = Object.assign(new Error('database disk image is malformed'), { errcode: 11 });
    expect(databaseFailure(full)).toMatchObject({ code: 'insufficient_storage', cause: full });
    expect(databaseFailure(damaged)).toMatchObject({ code: 'unavailable', cause: damaged });
    expect(databaseFailure('odd')).toMatchObject({ code: 'unavailable', cause: 'odd' });
    expect(databaseFailure(damaged).message).not.toContain('malformed');
  });
});
