import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { describe, expect, test, vi } from 'vitest';
import { ALL, listed, pagesOf } from '../../../../test/support/listed.ts';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import type { ImageRecord } from '../../../domain/image.ts';
import { connect } from './connection.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteImageIndex } from './sqlite-image-index.ts';

/** As many images as one page of several tags looks at. */
const SCAN = 2000;
const BOTH = { ...ALL, tags: ['one', 'two'] };

/** Images of the given tags, each uploaded a millisecond before the one before it. */
function images(tagsOf: readonly (readonly string[])[]): ImageRecord[] {
  return tagsOf.map((tags, n) =>
    sampleRecord({ tags, upload_time: new Date(Date.UTC(2026, 0, 2) - n).toISOString() }),
  );
}

/** As many lists of tags as are needed, each the same but at the given places. */
function tagged(count: number, usual: readonly string[], places: ReadonlyMap<number, readonly string[]>) {
  return Array.from({ length: count }, (_, n) => places.get(n) ?? usual);
}

const at = (tags: readonly string[], ...places: number[]) =>
  new Map(places.map((place) => [place, tags] as const));

async function insertAll(index: SqliteImageIndex, records: readonly ImageRecord[]): Promise<void> {
  await Promise.all(records.map((record) => index.insert(record)));
}

async function pageSizes(index: SqliteImageIndex, filter = BOTH, limit = 50): Promise<number[]> {
  const sizes: number[] = [];
  for await (const page of pagesOf(index, filter, limit)) sizes.push(page.length);
  return sizes;
}

describe('images that have several tags, both of which are frequent', () => {
  test('a page with none of them still has a next one, just where it stopped looking', async () => {
    const { index } = openDatabase();
    const ones = images(tagged(SCAN + 500, ['one'], at(['one', 'two'], SCAN + 100, SCAN + 200, SCAN + 499)));
    const twos = images(tagged(SCAN + 500, ['two'], new Map()));
    await insertAll(index, [...ones, ...twos]);
    const first = await index.list(BOTH, 50, null);
    const last = ones[SCAN - 1];
    expect(first).toEqual({
      items: [],
      next: { upload_time: last?.upload_time, image_id: last?.image_id },
    });
    const second = await index.list(BOTH, 50, first.next);
    expect(second.items.map(({ image_id }) => image_id)).toEqual(
      [SCAN + 100, SCAN + 200, SCAN + 499].map((place) => ones[place]?.image_id),
    );
    expect(second.next).toBeNull();
  });

  test('a page that is full ends with its last item, and a short one where it stopped looking', async () => {
    const { index } = openDatabase();
    const frequent = Array.from({ length: 60 }, (_, n) => n * 20);
    const ones = images(tagged(SCAN * 2, ['one'], at(['one', 'two'], ...frequent, SCAN, SCAN + 1)));
    await insertAll(index, [...ones, ...images(tagged(SCAN, ['two'], new Map()))]);
    expect(await pageSizes(index)).toEqual([50, 12, 0]);
    expect(await pageSizes(index, BOTH, 60)).toEqual([60, 2, 0]);
    expect(await pageSizes(index, BOTH, 100)).toEqual([60, 2, 0]);
    expect(await listed(index, BOTH)).toEqual(
      [...frequent, SCAN, SCAN + 1].map((place) => ones[place]?.image_id),
    );
  });

  test('as many images as one page looks at are one page, and an empty one at most', async () => {
    const { index } = openDatabase();
    await insertAll(index, images(tagged(SCAN, ['one'], at(['one', 'two'], 0, SCAN - 1))));
    await insertAll(index, images(tagged(SCAN, ['two'], new Map())));
    expect(await pageSizes(index)).toEqual([2, 0]);
  });
});

describe('images that have several tags, one of which is rare', () => {
  test('are all found at once, in whatever order the tags are named', async () => {
    const { index } = openDatabase();
    const records = images(tagged(SCAN * 2, ['one'], at(['one', 'two'], 5, SCAN + 500, SCAN * 2 - 1)));
    await insertAll(index, records);
    expect(await pageSizes(index)).toEqual([3]);
    expect(await pageSizes(index, { ...ALL, tags: ['two', 'one'] })).toEqual([3]);
  });

  test("are found at once where it is rare among the user's own", async () => {
    const { index } = openDatabase();
    const alices = images(tagged(SCAN * 2, ['one'], at(['one', 'two'], 5, SCAN + 500)));
    const bobs = images(tagged(SCAN * 2, ['two'], new Map())).map((record) => ({
      ...record,
      user_id: 'bob',
    }));
    await insertAll(index, [...alices, ...bobs]);
    expect(await pageSizes(index, { ...BOTH, user_id: 'alice' })).toEqual([2]);
  });
});

/** A connection on which something else happens just after images of several tags were looked at. */
function interrupted(reader: DatabaseSync, between: () => void): DatabaseSync {
  const prepare = (sql: string) => {
    const statement = reader.prepare(sql);
    const all = (...values: SQLInputValue[]) => {
      const rows = statement.all(...values);
      if (sql.includes('EXISTS')) between();
      return rows;
    };
    return { all };
  };
  return { prepare } as unknown as DatabaseSync;
}

test.each([
  ['insertion', 'insert'],
  ['removal', 'remove'],
] as const)(
  'one %s that is committed while a page is being read neither doubles nor hides what stays',
  async (_what, kind) => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'index.db');
    const writing = openDatabase(path);
    using reading = connect(path);
    const lasting = [SCAN - 2, SCAN - 1, SCAN, SCAN + 1];
    const ones = images(tagged(SCAN + 500, ['one'], at(['one', 'two'], ...lasting)));
    await insertAll(writing.index, [...ones, ...images(tagged(SCAN, ['two'], new Map()))]);
    const passing = ones.slice(0, 100);
    const reader = interrupted(reading, () => {
      const record = passing.pop();
      if (!record) throw new Error('The listing has too many pages.');
      writing.writer.apply(
        kind === 'remove'
          ? { kind, previous: record }
          : { kind, record: sampleRecord({ tags: ['one'], upload_time: '2026-02-01T00:00:00.000Z' }) },
      );
    });
    const commits = new GroupCommit(() => Promise.reject(new Error('This index is for reading.')));
    const found = await listed(new SqliteImageIndex(reader, commits), BOTH, 50);
    expect(found).toEqual(lasting.map((place) => ones[place]?.image_id));
    expect(passing.length).toBeLessThan(100);
    writing.database.close();
  },
);

test('a database that cannot be read is unavailable, not empty', async () => {
  const { database, index } = openDatabase();
  const record = sampleRecord();
  await index.insert(record);
  database.close();
  await expect(index.get(record.image_id)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(index.list(ALL, 50, null)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(index.list(BOTH, 50, null)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(index.check()).rejects.toMatchObject({ code: 'unavailable' });
});

test('a filter of the same shape is prepared once, and very many shapes go on being right', async () => {
  const { database, index } = openDatabase();
  const tags = Array.from({ length: 20 }, (_, n) => `tag ${n}`);
  await index.insert(sampleRecord({ tags }));
  await listed(index, { ...ALL, user_id: 'alice', tags: ['tag 1'], uploaded: { from: 1 } });
  const prepare = vi.spyOn(database, 'prepare');
  await listed(index, { ...ALL, user_id: 'alice', tags: ['tag 2'], uploaded: { from: 2 } });
  expect(prepare).not.toHaveBeenCalled();
  for (const user of [{}, { user_id: 'alice' }]) {
    for (const uploaded of [{}, { from: 1 }, { before: 9e12 }, { from: 1, before: 9e12 }]) {
      for (const order of ['newest', 'oldest'] as const) {
        for (const [n] of tags.entries()) {
          const { items } = await index.list({ ...user, tags: tags.slice(n), uploaded, order }, 50, null);
          expect(items).toHaveLength(1);
        }
      }
    }
  }
  expect(prepare.mock.calls.length).toBeGreaterThan(300);
});
