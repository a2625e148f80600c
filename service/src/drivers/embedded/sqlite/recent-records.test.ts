import { describe, expect, test } from 'vitest';
import { countingDatabase } from '../../../../test/support/counting-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { GroupCommit } from './group-commit.ts';
import { RecentRecords } from './recent-records.ts';
import { SqliteImageIndex } from './sqlite-image-index.ts';
import { type WriteOutcome, writeBatch } from './write-batch.ts';

/** An index whose commits wait until they are let go on, or fail. */
function openIndex() {
  const { database, writer, executed } = countingDatabase();
  const waiting: { readonly go: () => void; readonly fail: (error: Error) => void }[] = [];
  const commits = new GroupCommit((commands) => {
    const { promise, resolve, reject } = Promise.withResolvers<WriteOutcome[]>();
    waiting.push({ go: () => resolve(writeBatch(database, writer, commands)), fail: reject });
    return promise;
  });
  const index = new SqliteImageIndex(database, commits, undefined, new RecentRecords());
  return { index, database, executed, next: () => waiting.shift() };
}

async function opened() {
  const { next, ...more } = openIndex();
  const record = sampleRecord({ title: 'before' });
  const inserted = more.index.insert(record);
  next()?.go();
  await inserted;
  return { ...more, next, record, after: { ...record, title: 'after', revision: record.revision + 1 } };
}

describe('records that were asked for before', () => {
  test('are the very same, without a look at the database', async () => {
    const { index, executed, record } = await opened();
    const first = await index.get(record.image_id);
    expect(first).toStrictEqual(record);
    executed.length = 0;
    expect(await index.get(record.image_id)).toBe(first);
    expect(executed).toEqual([]);
  });

  test('are read anew from the moment that they are being changed, until it is known how that ended', async () => {
    const { index, next, record, after } = await opened();
    await index.get(record.image_id);
    const replaced = index.replace(record, after);
    // Kept now, this would be what is shown after the change.
    expect(await index.get(record.image_id)).toStrictEqual(record);
    next()?.go();
    await replaced;
    expect(await index.get(record.image_id)).toStrictEqual(after);
    const removed = index.remove(after);
    next()?.go();
    await removed;
    expect(await index.get(record.image_id)).toBeUndefined();
  });

  test('are not taken for what they were where a change fails of which nobody knows whether it was made', async () => {
    const { index, database, next, record, after } = await opened();
    await index.get(record.image_id);
    const replaced = index.replace(record, after);
    database.exec(`UPDATE images SET title = 'after', revision = ${after.revision}`);
    next()?.fail(new Error('The writing thread has ended.'));
    await expect(replaced).rejects.toThrow('The writing thread has ended.');
    expect(await index.get(record.image_id)).toStrictEqual(after);
  });

  test('are read anew while any of several changes is under way', async () => {
    const { index, next, record, after } = await opened();
    const first = index.replace(record, after);
    const second = index.replace(record, { ...after, title: 'too late' });
    next()?.go();
    await first;
    expect(await index.get(record.image_id)).toStrictEqual(after);
    next()?.go();
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
    expect(await index.get(record.image_id)).toStrictEqual(after);
  });

  test('are as many as may be kept', async () => {
    const recent = new RecentRecords(2);
    const records = [1, 2, 3].map((n) => sampleRecord({ title: String(n) }));
    for (const record of records) recent.keep(record);
    expect(records.map(({ image_id }) => recent.get(image_id)).filter(Boolean).length).toBeLessThan(3);
  });
});
