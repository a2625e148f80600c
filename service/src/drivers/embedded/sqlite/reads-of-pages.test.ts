import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import type { ListFilter, ListPosition } from '../../../domain/listing.ts';
import { type SearchOrder, searchTermsOf } from '../../../domain/search.ts';
import { GroupCommit } from './group-commit.ts';
import { intersectionQuery, type NumberedFilter, pageQuery, type Query } from './list-query.ts';
import { matchExpression, searchQuery } from './search-query.ts';
import { SearchReader } from './search-reader.ts';
import { SqliteImageIndex } from './sqlite-image-index.ts';
import { writeBatch } from './write-batch.ts';

const ORDERS = ['newest', 'oldest'] as const;
const START = Date.UTC(2026, 0, 1);

interface Statement {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** A connection that keeps in mind what is asked of it. */
function recorded(database: DatabaseSync): { readonly reader: DatabaseSync; readonly asked: Statement[] } {
  const asked: Statement[] = [];
  const prepare = (sql: string) => {
    const statement = database.prepare(sql);
    const noted = (method: 'all' | 'get') =>
      Object.assign(
        (...values: SQLInputValue[]) => {
          asked.push({ sql, values });
          return statement[method](...values);
        },
        { method },
      );
    return { all: noted('all'), get: noted('get') };
  };
  return { reader: { prepare } as unknown as DatabaseSync, asked };
}

function planOf(database: DatabaseSync, { sql, values }: Statement): string[] {
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  return plan.map(({ detail }) => String(detail));
}

/** What may be gone through from its beginning: it ends with the page. */
const WALKS = [
  // Everybody's images, from the newest or the oldest, and what the words of a search have in common.
  /^SCAN w USING INDEX images_by_time$/,
  /^SCAN s VIRTUAL TABLE INDEX \d+:M\d+[<>]+$/,
  // The ids that are asked for.
  /^SCAN asked VIRTUAL TABLE INDEX 1:$/,
  // What another step has found, of which there is a limit.
  /^SCAN w$/,
  /^SCAN \(subquery-\d+\)$/,
];

const POSITION: ListPosition = {
  upload_time: new Date(START + 20).toISOString(),
  image_id: '019b7600-0000-7000-8000-000000000000',
};

const FILTERS: readonly Omit<ListFilter, 'order'>[] = [undefined, 'alice'].flatMap((user_id) =>
  [[], ['one'], ['one', 'two']].flatMap((tags) =>
    [{}, { from: START }, { before: START + 90 }, { from: START, before: START + 90 }].map((uploaded) => ({
      ...(user_id === undefined ? {} : { user_id }),
      tags,
      uploaded,
    })),
  ),
);

const SECTIONS = (['pending', 'scanning', 'rejected', 'deleted'] as const).map((status) => ({
  user_id: 'alice',
  tags: [],
  uploaded: {},
  status,
}));

/** Images of alice's, a millisecond apart: all have the tag `one`, every other one `two` as well. */
function filled(count: number) {
  const opened = openDatabase();
  const records = Array.from({ length: count }, (_, at) =>
    sampleRecord({
      tags: at % 2 === 0 ? ['one', 'two'] : ['one'],
      upload_time: new Date(START + at).toISOString(),
    }),
  );
  return { ...opened, fill: () => Promise.all(records.map((record) => opened.index.insert(record))) };
}

describe('what is read for a view, a list or a search', () => {
  const { database, writer, fill } = filled(100);
  beforeAll(async () => void (await fill()));
  const commits = new GroupCommit(async (commands) => writeBatch(database, writer, commands));

  test('is found along an index and never sorted, whatever is asked for', async () => {
    const { reader, asked } = recorded(database);
    const index = new SqliteImageIndex(reader, commits);
    const { items } = await index.list({ tags: [], uploaded: {}, order: 'newest' }, 3, null);
    const ids = items.map(({ image_id }) => image_id);
    expect(await index.get(ids[0] ?? '')).toMatchObject({ user_id: 'alice' });
    expect(await index.getSummaries(ids)).toHaveLength(3);
    for (const filter of [...FILTERS, ...SECTIONS]) {
      for (const order of ORDERS) {
        for (const after of [null, POSITION]) await index.list({ ...filter, order }, 50, after);
      }
    }
    for (const kind of ['expire-upload', 'purge'] as const) await index.due(kind, START, 10);
    const search = new SearchReader(reader);
    for (const filter of [...FILTERS, ...SECTIONS]) {
      for (const order of ['newest', 'oldest', 'relevance'] satisfies SearchOrder[]) {
        for (const after of [null, { ...POSITION, rank: 0 as const }]) {
          search.find({ terms: searchTermsOf('osprey du'), filter, order }, 50, after);
        }
      }
    }
    const statements = new Map(asked.map((statement) => [statement.sql, statement]));
    statements.delete('BEGIN');
    statements.delete('COMMIT');
    expect(statements.size).toBeGreaterThan(60);
    for (const statement of statements.values()) {
      const wrong = planOf(database, statement).filter(
        (step) =>
          !/^(SEARCH |CO-ROUTINE w$|CO-ROUTINE \(subquery)/.test(step) &&
          !WALKS.some((walk) => walk.test(step)),
      );
      expect(wrong, statement.sql).toEqual([]);
    }
  });

  test('is a statement a page, beside those that number its user and tags', async () => {
    const { reader, asked } = recorded(database);
    const index = new SqliteImageIndex(reader, commits);
    const statementsOf = async (read: () => unknown) => {
      asked.length = 0;
      await read();
      return asked.length;
    };
    const list = (filter: Partial<ListFilter>) =>
      statementsOf(() => index.list({ tags: [], uploaded: {}, order: 'newest', ...filter }, 50, POSITION));
    expect(await list({})).toBe(1);
    expect(await list({ user_id: 'alice' })).toBe(2);
    expect(await list({ user_id: 'alice', tags: ['one'] })).toBe(3);
    const { items } = await index.list({ tags: [], uploaded: {}, order: 'newest' }, 50, null);
    expect(await statementsOf(() => index.getSummaries(items.map(({ image_id }) => image_id)))).toBe(1);
  });

  test('of one image is one row of a table, and one of its owner', async () => {
    const { reader, asked } = recorded(database);
    const index = new SqliteImageIndex(reader, commits);
    await index.get(POSITION.image_id);
    expect(asked.map((statement) => planOf(database, statement))).toEqual([
      [
        'SEARCH i USING INDEX sqlite_autoindex_images_1 (image_id=?)',
        'SEARCH u USING INTEGER PRIMARY KEY (rowid=?)',
      ],
    ]);
  });
});

/** The same query, which counts the rows that its walk comes by: each is first asked for here, whatever is asked of it then. */
function counting({ sql, values }: Query, column: string): Query {
  const counted = sql.replace('WHERE ', `WHERE come_by(${column}) AND `);
  expect(counted).not.toBe(sql);
  return { sql: counted, values };
}

/** Two databases, of which one has many more images than the other. */
const SIZES = [500, 4000].map((count) => ({ count, ...filled(count) }));

let rows = 0;

beforeAll(async () => {
  for (const { database, fill } of SIZES) {
    await fill();
    database.function('come_by', (_column: SQLOutputValue) => {
      rows += 1;
      return 1;
    });
  }
});

/** How many rows the queries of a page come by, in each of the databases at several depths. */
function rowsRead(queryAt: (after: ListPosition) => Query, column: string): number[][] {
  return SIZES.map(({ count, database }) =>
    [0.9, 0.5, 0.3].map((depth) => {
      const at = START + Math.floor(count * depth);
      const query = queryAt({ ...POSITION, upload_time: new Date(at).toISOString() });
      const counted = counting(query, column);
      expect(planOf(database, counted)).toEqual(planOf(database, query));
      rows = 0;
      expect(database.prepare(counted.sql).all(...counted.values)).toHaveLength(PAGE);
      return rows;
    }),
  );
}

/** One more than is shown tells whether there is another page. */
const PAGE = 51;

const LISTS: readonly (readonly [string, Pick<NumberedFilter, 'user' | 'tags' | 'uploaded'>])[] = [
  ['all images', { user: undefined, tags: [], uploaded: {} }],
  ["a user's", { user: 1, tags: [], uploaded: {} }],
  ["a tag's", { user: undefined, tags: [1], uploaded: {} }],
  ["a user's of a tag", { user: 1, tags: [1], uploaded: {} }],
  ['a span of time', { user: undefined, tags: [], uploaded: { from: START } }],
  ["a user's of a tag and a span of time", { user: 1, tags: [1], uploaded: { from: START } }],
];

const ONE_PAGE = SIZES.map(() => [PAGE, PAGE, PAGE]);

describe('a page comes by as many rows as it shows, at any depth and however many images there are', () => {
  test.each(LISTS)('of %s', (_what, filter) => {
    const queryAt = (after: ListPosition) => pageQuery({ ...filter, order: 'newest' }, after, PAGE);
    expect(rowsRead(queryAt, 'w.upload_time')).toEqual(ONE_PAGE);
  });

  test('of two tags, where every other image of the first has the second: by twice as many', () => {
    const filter: NumberedFilter = { user: undefined, tags: [1, 2], uploaded: {}, order: 'newest' };
    const queryAt = (after: ListPosition) => intersectionQuery(filter, after, PAGE, 2000);
    for (const read of rowsRead(queryAt, 'w.upload_time').flat()) expect(read).toBeLessThanOrEqual(2 * PAGE);
  });

  test('of what is found by a word', () => {
    const match = matchExpression(searchTermsOf('"osprey"'), { user: undefined, tags: [] });
    const queryAt = ({ upload_time }: ListPosition) =>
      searchQuery(match, { from: 0, before: Date.parse(upload_time) }, 'newest', PAGE);
    expect(rowsRead(queryAt, 's.image')).toEqual(ONE_PAGE);
  });
});
