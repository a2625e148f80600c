import { expect, test, vi } from 'vitest';
import { countingDatabase } from '../../../../test/support/counting-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { newImageId } from '../../../domain/image-id.ts';
import { writeBatch } from './write-batch.ts';
import type { WriteCommand } from './write-command.ts';

/** An upload as it is recorded: the record with two tags, its job, and who made it. */
function upload(): WriteCommand {
  const now = Date.now();
  const record = sampleRecord({ image_id: newImageId(now), status: 'ready', tags: ['bird', 'dusk'] });
  return {
    kind: 'insert',
    record,
    jobs: [{ kind: 'process-image', content: '{}', queued_at: now, due_at: now }],
    audit: {
      at: record.updated_at,
      event_id: newImageId(now),
      actor: 'alice',
      action: 'upload-image',
      image_id: record.image_id,
      user_id: record.user_id,
      outcome: 'done',
      request_id: 'request',
      address: null,
    },
  };
}

/** Of a user and tags that are known: numbers are looked up, rows are written, and nothing is read back. */
const STATEMENTS_OF_AN_UPLOAD = [
  'SELECT user AS',
  'INSERT INTO images',
  'UPDATE users SET',
  'SELECT tag AS',
  'SELECT tag AS',
  'INSERT INTO image_tags',
  'INSERT INTO user_tags',
  'INSERT INTO image_tags',
  'INSERT INTO user_tags',
  'INSERT INTO search',
  'UPDATE clock SET',
  'INSERT INTO jobs',
  'INSERT INTO audit',
  'UPDATE clock SET',
];

test('an upload is recorded by fourteen statements in a transaction', () => {
  const { database, writer, executed } = countingDatabase();
  writeBatch(database, writer, [upload()]);
  executed.length = 0;
  writeBatch(database, writer, [upload()]);
  expect(executed).toEqual(['BEGIN IMMEDIATE', ...STATEMENTS_OF_AN_UPLOAD, 'COMMIT']);
});

test('32 uploads that are committed together share one transaction, without savepoints', () => {
  const { database, writer, executed } = countingDatabase();
  writeBatch(database, writer, [upload()]);
  executed.length = 0;
  writeBatch(database, writer, Array.from({ length: 32 }, upload));
  const all = Array.from({ length: 32 }, () => STATEMENTS_OF_AN_UPLOAD).flat();
  expect(executed).toEqual(['BEGIN IMMEDIATE', ...all, 'COMMIT']);
});

test('statements are prepared once, however many uploads there are', () => {
  const { database, writer } = countingDatabase();
  writeBatch(database, writer, [upload()]);
  const prepared = vi.mocked(database.prepare).mock.calls.length;
  writeBatch(database, writer, Array.from({ length: 32 }, upload));
  expect(vi.mocked(database.prepare).mock.calls.length).toBe(prepared);
});

test('a batch in which one fails is done again with savepoints, and only that one', () => {
  const { database, writer, executed } = countingDatabase();
  const [first, second] = [upload(), upload()];
  const outcomes = writeBatch(database, writer, [first, second, first]);
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false]);
  const transaction = executed.filter((sql) => /BEGIN|COMMIT|ROLLBACK|SAVEPOINT/.test(sql));
  expect(transaction).toEqual([
    'BEGIN IMMEDIATE',
    'ROLLBACK',
    'BEGIN IMMEDIATE',
    'SAVEPOINT command',
    'SAVEPOINT command',
    'SAVEPOINT command',
    'ROLLBACK TO command;',
    'COMMIT',
  ]);
});
