import type { SQLInputValue } from 'node:sqlite';
import type { AuditPosition } from '../../../domain/audit-event.ts';
import type { AuditFilter } from '../../../ports/audit-trail.ts';
import { idToBytes } from './image-row.ts';
import type { Query } from './list-query.ts';

const COLUMNS =
  'w.at, w.event_id, w.actor, w.action, w.image_id, w.user_id, w.outcome, w.request_id, w.address';
const ORDER = 'w.at DESC, w.event_id DESC';

/**
 * One page along the index that fits. What that index does not know of the filter is looked for in the `scan`
 * events that come next, and no further.
 */
export function auditPageQuery(
  filter: AuditFilter,
  after: AuditPosition | null,
  limit: number,
  scan: number,
): Query {
  const { table, where, values, others } = walk(filter, after);
  if (others.length === 0) {
    return {
      sql: `SELECT ${COLUMNS} FROM ${table} WHERE ${where} ORDER BY ${ORDER} LIMIT ?`,
      values: [...values, limit],
    };
  }
  return {
    sql: `SELECT ${COLUMNS} FROM (SELECT ${COLUMNS} FROM ${table} WHERE ${where} ORDER BY ${ORDER} LIMIT ?) w
      WHERE ${others.map(({ name }) => `w.${name} = ?`).join(' AND ')} ORDER BY ${ORDER} LIMIT ?`,
    values: [...values, scan, ...others.map(({ value }) => value), limit],
  };
}

/** The position of the last of the `scan` events that `auditPageQuery` looks at, if there are so many. */
export function auditScanEndQuery(
  filter: AuditFilter,
  after: AuditPosition | null,
  scan: number,
): Query | undefined {
  const { table, where, values, others } = walk(filter, after);
  if (others.length === 0) return undefined;
  return {
    sql: `SELECT w.at, w.event_id FROM ${table} WHERE ${where} ORDER BY ${ORDER} LIMIT 1 OFFSET ?`,
    values: [...values, scan - 1],
  };
}

interface Column {
  readonly name: string;
  readonly value: SQLInputValue;
}

interface Walk {
  /** The table that is walked, as `w`. */
  readonly table: string;
  readonly where: string;
  readonly values: readonly SQLInputValue[];
  /** What of the filter the index does not know. */
  readonly others: readonly Column[];
}

/** The walk along one index, newest first: an image's events are fewest, then those of a user. */
function walk(filter: AuditFilter, after: AuditPosition | null): Walk {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...more: SQLInputValue[]) => {
    conditions.push(condition);
    values.push(...more);
  };
  const [leading, ...others] = columnsOf(filter);
  const isIndexed = leading !== undefined && leading.name in INDEXES;
  if (isIndexed) add(`w.${leading.name} = ?`, leading.value);
  const { from, before } = filter.within;
  if (from !== undefined) add('w.at >= ?', from);
  // Of two upper bounds only the tighter one is given: SQLite would seek by either, and pass over what lies between.
  const last = after === null ? undefined : Date.parse(after.at);
  if (after !== null && last !== undefined && (before === undefined || last < before)) {
    add('(w.at, w.event_id) < (?, ?)', last, idToBytes(after.event_id));
  } else if (before !== undefined) {
    add('w.at < ?', before);
  }
  return {
    table: isIndexed ? `audit w INDEXED BY ${INDEXES[leading.name]}` : 'audit w NOT INDEXED',
    where: conditions.length > 0 ? conditions.join(' AND ') : 'TRUE',
    values,
    others: leading === undefined || isIndexed ? others : [leading, ...others],
  };
}

const INDEXES: Readonly<Record<string, string>> = { image_id: 'audit_by_image', user_id: 'audit_by_user' };

/** What the filter asks of columns, those that have an index first. */
function columnsOf({ user_id, image_id, actor, action, outcome }: AuditFilter): Column[] {
  const asked = {
    image_id: image_id === undefined ? undefined : idToBytes(image_id),
    user_id,
    actor,
    action,
    outcome,
  };
  return Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
