import type { SQLInputValue } from 'node:sqlite';
import type { ListFilter, ListPosition } from '../../../domain/listing.ts';
import { idToBytes, SUMMARY_COLUMNS } from './image-row.ts';

/** A listing's filter with users and tags as the database numbers them; the sparsest tag first. */
export interface NumberedFilter {
  readonly user: number | undefined;
  readonly tags: readonly number[];
  readonly uploaded: ListFilter['uploaded'];
  readonly order: ListFilter['order'];
  readonly status?: ListFilter['status'];
}

export interface Query {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** One page, straight along the index that fits: no row is read that is not shown. */
export function pageQuery(filter: NumberedFilter, after: ListPosition | null, limit: number): Query {
  const { table, where, order, values } = walk(filter, after);
  const images = filter.tags.length > 0 ? 'CROSS JOIN images i ON i.image = w.image' : '';
  const columns = filter.tags.length > 0 ? SUMMARY_COLUMNS : SUMMARY_COLUMNS.replaceAll('i.', 'w.');
  const user = filter.tags.length > 0 ? 'i.user' : 'w.user';
  return {
    sql: `SELECT ${columns} FROM ${table} ${images} CROSS JOIN users u ON u.user = ${user}
      WHERE ${where} ORDER BY ${order} LIMIT ?`,
    values: [...values, limit],
  };
}

/**
 * One page of images that have further tags beside the first: looks at `scan` images of the first tag
 * and keeps those that have the others as well.
 */
export function intersectionQuery(
  filter: NumberedFilter,
  after: ListPosition | null,
  limit: number,
  scan: number,
): Query {
  const { table, where, order, values } = walk(filter, after);
  const others = filter.tags.slice(1);
  const conditions = others.map(
    () => `EXISTS (SELECT 1 FROM image_tags o
      WHERE o.tag = ? AND o.upload_time = w.upload_time AND o.image_id = w.image_id)`,
  );
  return {
    sql: `SELECT ${SUMMARY_COLUMNS} FROM
        (SELECT w.image, w.upload_time, w.image_id FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ?) w
      CROSS JOIN images i ON i.image = w.image CROSS JOIN users u ON u.user = i.user
      WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ?`,
    values: [...values, scan, ...others, limit],
  };
}

/** The position of the last of the `scan` images that `intersectionQuery` looked at, if there are so many. */
export function scanEndQuery(filter: NumberedFilter, after: ListPosition | null, scan: number): Query {
  const { table, where, order, values } = walk(filter, after);
  return {
    sql: `SELECT w.upload_time, w.image_id FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT 1 OFFSET ?`,
    values: [...values, scan - 1],
  };
}

/** How many images the first tag has, counted up to `most`. */
export function tagSizeQuery(user: number | undefined, tag: number, most: number): Query {
  const { table, where, values } = walk({ user, tags: [tag], uploaded: {}, order: 'newest' }, null);
  return {
    sql: `SELECT count(*) AS size FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ?)`,
    values: [...values, most],
  };
}

interface Walk {
  /** The table that is walked, as `w`. */
  readonly table: string;
  readonly where: string;
  readonly order: string;
  readonly values: readonly SQLInputValue[];
}

/** The walk along one index, in the filter's order, by user, first tag and time. */
function walk({ user, tags, uploaded, order, status }: NumberedFilter, after: ListPosition | null): Walk {
  const [tag] = tags;
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...more: SQLInputValue[]) => {
    conditions.push(condition);
    values.push(...more);
  };
  if (tag !== undefined) add('w.tag = ?', tag);
  else if (status === 'deleted') add('w.deleted_at IS NOT NULL');
  else if (status === undefined) add("w.status = 'ready' AND w.deleted_at IS NULL");
  else add("w.status <> 'ready' AND w.deleted_at IS NULL");
  if (user !== undefined) add('w.user = ?', user);
  if (status !== undefined && status !== 'deleted') add('w.status = ?', status);
  const bounds = boundsOf(uploaded, order, after);
  if (bounds.from !== undefined) add('w.upload_time >= ?', bounds.from);
  if (bounds.before !== undefined) add('w.upload_time < ?', bounds.before);
  if (bounds.after) {
    const comparison = order === 'newest' ? '<' : '>';
    const position = [Date.parse(bounds.after.upload_time), idToBytes(bounds.after.image_id)];
    add(`(w.upload_time, w.image_id) ${comparison} (?, ?)`, ...position);
  }
  const direction = order === 'newest' ? 'DESC' : 'ASC';
  return {
    table: tableFor(user, tag, status),
    where: conditions.join(' AND '),
    order: `w.upload_time ${direction}, w.image_id ${direction}`,
    values,
  };
}

/**
 * Where the walk begins and ends. Of a time and a position that both bound its beginning only the
 * tighter one is kept: SQLite would seek by either, and pass over all that lies between one by one.
 */
function boundsOf(
  { from, before }: NumberedFilter['uploaded'],
  order: NumberedFilter['order'],
  after: ListPosition | null,
) {
  if (!after) return { from, before, after };
  const at = Date.parse(after.upload_time);
  if (order === 'newest') {
    return before !== undefined && at >= before
      ? { from, before, after: null }
      : { from, before: undefined, after };
  }
  return from !== undefined && at < from ? { from, before, after: null } : { from: undefined, before, after };
}

function tableFor(user: number | undefined, tag: number | undefined, status: ListFilter['status']): string {
  if (status === 'deleted') return 'images w INDEXED BY images_trash';
  if (status !== undefined) return 'images w INDEXED BY images_unready';
  if (tag !== undefined) return user === undefined ? 'image_tags w' : 'user_tags w';
  return `images w INDEXED BY ${user === undefined ? 'images_by_time' : 'images_by_user'}`;
}
