import { expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import type { AuditPosition } from '../../../domain/audit-event.ts';
import type { AuditFilter } from '../../../ports/audit-trail.ts';
import { auditPageQuery, auditScanEndQuery } from './audit-query.ts';
import type { Query } from './list-query.ts';

const { database } = openDatabase();

/** What SQLite means to do, a step a line. */
function planOf({ sql, values }: Query): string[] {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map(({ detail }) => String(detail));
}

const POSITION: AuditPosition = {
  at: '2026-01-01T00:00:00.000Z',
  event_id: '019b7600-0000-7000-8000-000000000000',
};
const AT = Date.parse(POSITION.at);
const IMAGE = '019b7600-0000-7000-8000-000000000001';

const BEYOND_THE_INDEX: Partial<AuditFilter> = { actor: 'bob', action: 'delete-image', outcome: 'done' };

/** Bounds of time and a position, and what a walk backwards along an index can seek by. */
const SPANS: readonly (readonly [AuditFilter['within'], AuditPosition | null, string])[] = [
  [{}, null, ''],
  [{ from: AT - 9 }, null, 'at>?'],
  [{ before: AT + 9 }, null, 'at<?'],
  [{ from: AT - 9, before: AT + 9 }, null, 'at>? AND at<?'],
  [{}, POSITION, '(at,event_id)<(?,?)'],
  [{ before: AT + 9 }, POSITION, '(at,event_id)<(?,?)'],
  [{ before: AT - 9 }, POSITION, 'at<?'],
  [{ before: AT }, POSITION, 'at<?'],
  [{ from: AT - 9 }, POSITION, 'at>? AND (at,event_id)<(?,?)'],
];

const LEADS: readonly (readonly [Partial<AuditFilter>, string, string])[] = [
  [{}, 'PRIMARY KEY', ''],
  [{ user_id: 'alice' }, 'INDEX audit_by_user', 'user_id=?'],
  [{ image_id: IMAGE }, 'INDEX audit_by_image', 'image_id=?'],
];

const EVERY_WALK = LEADS.flatMap(([asked, index, equal]) =>
  SPANS.map(([within, after, span]) => {
    const bounds = [equal, span].filter((bound) => bound !== '').join(' AND ');
    const step = bounds === '' ? 'SCAN w' : `SEARCH w USING ${index} (${bounds})`;
    return { filter: { ...asked, within }, after, step };
  }),
);

test('a page is one walk along an index, from where it begins to where it ends, and nothing is sorted', () => {
  for (const { filter, after, step } of EVERY_WALK) {
    expect(planOf(auditPageQuery(filter, after, 51, 2000)), JSON.stringify(filter)).toEqual([step]);
    expect(auditScanEndQuery(filter, after, 2000)).toBeUndefined();
  }
});

test('what no index knows is looked for along the same walk, and no further than it may be', () => {
  for (const { filter, after, step } of EVERY_WALK) {
    const asked = { ...filter, ...BEYOND_THE_INDEX };
    const query = auditPageQuery(asked, after, 51, 2000);
    const plan = planOf(query);
    expect(plan.slice(0, 2), JSON.stringify(asked)).toEqual(['CO-ROUTINE w', step]);
    expect(plan.slice(2).filter((line) => line !== 'SCAN w')).toEqual([]);
    expect(query.values).toContain(2000);
    const end = auditScanEndQuery(asked, after, 2000);
    expect(end && planOf(end).map((line) => line.replace('COVERING ', ''))).toEqual([step]);
  }
});

test("of an image and a user the image's events are walked, which are fewer", () => {
  const query = auditPageQuery({ user_id: 'alice', image_id: IMAGE, within: {} }, null, 51, 2000);
  expect(planOf(query)[1]).toBe('SEARCH w USING INDEX audit_by_image (image_id=?)');
});
