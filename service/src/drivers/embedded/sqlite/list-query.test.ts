import type { SQLInputValue } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import type { ListPosition } from '../../../domain/listing.ts';
import {
  intersectionQuery,
  type NumberedFilter,
  pageQuery,
  scanEndQuery,
  tagSizeQuery,
} from './list-query.ts';

const { database } = openDatabase();

/** What SQLite means to do, a step a line. */
function planOf({ sql, values }: { sql: string; values: readonly SQLInputValue[] }): string[] {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map(({ detail }) => String(detail));
}

const POSITION: ListPosition = {
  upload_time: '2026-01-01T00:00:00.000Z',
  image_id: '019b7600-0000-7000-8000-000000000000',
};
const AT = Date.parse(POSITION.upload_time);

const ORDERS = ['newest', 'oldest'] as const;
const AFTERS = [null, POSITION];
const RANGES = [
  {},
  { from: AT - 9 },
  { from: AT + 9 },
  { before: AT - 9 },
  { before: AT + 9 },
  { from: AT - 9, before: AT + 9 },
];

function everyWalk(base: Pick<NumberedFilter, 'user' | 'tags'>) {
  return ORDERS.flatMap((order) =>
    AFTERS.flatMap((after) => RANGES.map((uploaded) => [{ ...base, uploaded, order }, after] as const)),
  );
}

/** The tightest bounds that a walk can seek by: in the order of the walk, where it begins and where it ends. */
function seekOf({ uploaded: { from, before }, order }: NumberedFilter, after: ListPosition | null): string {
  const position = `(upload_time,image_id)${order === 'newest' ? '<' : '>'}(?,?)`;
  const byPosition =
    after !== null &&
    (order === 'newest' ? before === undefined || AT < before : from === undefined || AT >= from);
  const lower = byPosition && order === 'oldest' ? position : from === undefined ? '' : 'upload_time>?';
  const upper = byPosition && order === 'newest' ? position : before === undefined ? '' : 'upload_time<?';
  return [lower, upper].filter((bound) => bound !== '').join(' AND ');
}

const together = (...bounds: string[]) => bounds.filter((bound) => bound !== '').join(' AND ');
const USER_BY_KEY = 'SEARCH u USING INTEGER PRIMARY KEY (rowid=?)';
const IMAGE_BY_KEY = 'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)';

describe('a page is a short walk along one index, for every range, position and order', () => {
  test('of all images', () => {
    for (const [filter, after] of everyWalk({ user: undefined, tags: [] })) {
      const seek = seekOf(filter, after);
      const walk =
        seek === '' ? 'SCAN w USING INDEX images_by_time' : `SEARCH w USING INDEX images_by_time (${seek})`;
      expect(planOf(pageQuery(filter, after, 51))).toEqual([walk, USER_BY_KEY]);
    }
  });

  test("of a user's images", () => {
    for (const [filter, after] of everyWalk({ user: 1, tags: [] })) {
      const seek = together('user=?', seekOf(filter, after));
      expect(planOf(pageQuery(filter, after, 51))).toEqual([
        `SEARCH w USING INDEX images_by_user (${seek})`,
        USER_BY_KEY,
      ]);
    }
  });

  test("of a tag's images", () => {
    for (const [filter, after] of everyWalk({ user: undefined, tags: [1] })) {
      const query = pageQuery(filter, after, 51);
      const seek = together('tag=?', seekOf(filter, after));
      expect(query.sql).toMatch(/FROM image_tags w/);
      expect(planOf(query)).toEqual([`SEARCH w USING PRIMARY KEY (${seek})`, IMAGE_BY_KEY, USER_BY_KEY]);
    }
  });

  test("of a user's images of a tag", () => {
    for (const [filter, after] of everyWalk({ user: 1, tags: [1] })) {
      const query = pageQuery(filter, after, 51);
      const seek = together('tag=? AND user=?', seekOf(filter, after));
      expect(query.sql).toMatch(/FROM user_tags w/);
      expect(planOf(query)).toEqual([`SEARCH w USING PRIMARY KEY (${seek})`, IMAGE_BY_KEY, USER_BY_KEY]);
    }
  });
});

describe('a page of several tags is a bounded walk along the index of the first', () => {
  const HAS_OTHER = 'SEARCH o EXISTS USING PRIMARY KEY (tag=? AND upload_time=? AND image_id=?)';

  test.each([
    ['two tags', undefined, [1, 2]],
    ["a user's two tags", 1, [1, 2]],
    ['three tags', undefined, [1, 2, 3]],
    ["a user's three tags", 1, [1, 2, 3]],
  ])('%s: the others are looked up by key, and nothing is sorted', (_what, user, tags) => {
    for (const [filter, after] of everyWalk({ user, tags })) {
      const seek = together(user === undefined ? 'tag=?' : 'tag=? AND user=?', seekOf(filter, after));
      const [view, walk, scan, ...lookups] = planOf(intersectionQuery(filter, after, 51, 2000));
      expect([view, walk, scan]).toEqual(['CO-ROUTINE w', `SEARCH w USING PRIMARY KEY (${seek})`, 'SCAN w']);
      expect(lookups.sort()).toEqual(
        [IMAGE_BY_KEY, ...tags.slice(1).map(() => HAS_OTHER), USER_BY_KEY].sort(),
      );
    }
  });

  test('where the walk ended is found along the same index', () => {
    for (const user of [undefined, 1]) {
      for (const [filter, after] of everyWalk({ user, tags: [1, 2] })) {
        const seek = together(user === undefined ? 'tag=?' : 'tag=? AND user=?', seekOf(filter, after));
        expect(planOf(scanEndQuery(filter, after, 2000))).toEqual([`SEARCH w USING PRIMARY KEY (${seek})`]);
      }
    }
  });

  test('tags are counted along their index, up to a bound', () => {
    expect(planOf(tagSizeQuery(undefined, 1, 1000))).toContain('SEARCH w USING PRIMARY KEY (tag=?)');
    expect(planOf(tagSizeQuery(1, 1, 1000))).toContain('SEARCH w USING PRIMARY KEY (tag=? AND user=?)');
    expect(tagSizeQuery(1, 1, 1000).sql).toMatch(/LIMIT \?\)$/);
  });
});
