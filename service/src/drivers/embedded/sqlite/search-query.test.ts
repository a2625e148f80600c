import { expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { searchTermsOf } from '../../../domain/search.ts';
import { matchExpression, searchQuery } from './search-query.ts';

const TERMS = searchTermsOf('osprey "by the" la');

test('terms are quoted, and all of them looked for in all texts', () => {
  expect(matchExpression(TERMS, { user: undefined, tags: [] })).toBe(
    '(({title tags filename description} : ("osprey" AND "by the" AND "la" *))) NOT scope : "hidden"',
  );
});

test('a rank leaves out what is of a better one', () => {
  expect(matchExpression(searchTermsOf('"a"'), { user: 7, tags: [1, 2], status: 'deleted' }, 2)).toBe(
    '(({title tags filename} : ("a")) AND scope : "u7" AND scope : "t1" AND scope : "t2" AND scope : "deleted") ' +
      'NOT ({title tags} : ("a"))',
  );
});

test.each(['newest', 'oldest'] as const)('a page by time, %s first, is walked and never sorted', (order) => {
  const { database } = openDatabase();
  const match = matchExpression(TERMS, { user: 1, tags: [1] });
  const { sql, values } = searchQuery(match, { from: 0, before: 10 }, order, 51);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  const steps = plan.map(({ detail }) => String(detail));
  expect(steps).toHaveLength(2);
  // `M`: by the match; `<` and `>`: from and to the numbers of rows that bound it.
  expect(steps[0]).toMatch(/^SCAN s VIRTUAL TABLE INDEX \d+:M\d+[<>]+$/);
  expect(steps[1]).toBe('SEARCH i USING INTEGER PRIMARY KEY (rowid=?)');
});

test('times before and after what rows can be numbered by are no limit', () => {
  expect(searchQuery('x', { from: -5, before: 8.64e15 }, 'newest', 1).values).toEqual([
    'x',
    0,
    2 ** 42 - 1,
    1,
  ]);
});
