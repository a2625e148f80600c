import { isDeepStrictEqual } from 'node:util';
import { itemSize } from './item-size.ts';
import type { IndexDescription, Item, TableDescription } from './model.ts';

/**
 * What requests consume, by the rules of
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
 */
export interface Charge {
  readonly table: string;
  readonly kind: 'read' | 'write';
  /** What the table itself is charged. */
  readonly table_units: number;
  /** What each global secondary index is charged; indexes that were left alone are not named. */
  readonly index_units: Readonly<Record<string, number>>;
}

export type Consistency = 'eventual' | 'strong' | 'transactional';

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;
const READ_FACTOR: Readonly<Record<Consistency, number>> = { eventual: 0.5, strong: 1, transactional: 2 };
const TRANSACTIONAL_WRITE_FACTOR = 2;

/** Bytes are rounded up to whole units, and what is not there is charged as one. */
export function readUnits(bytes: number, consistency: Consistency): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * READ_FACTOR[consistency];
}

export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
}

export function chargeForRead(table: string, bytes: number, consistency: Consistency): Charge {
  return { table, kind: 'read', table_units: readUnits(bytes, consistency), index_units: {} };
}

export function chargeForIndexRead(
  table: string,
  index: string,
  bytes: number,
  consistency: Consistency,
): Charge {
  return { table, kind: 'read', table_units: 0, index_units: { [index]: readUnits(bytes, consistency) } };
}

/** One item's change from what it was to what it became, either of which may be nothing. */
export interface Change {
  readonly table: TableDescription;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  readonly transactional: boolean;
}

/** A transaction is charged twice at its table, and once at the indexes, which follow later. */
export function chargeForWrite({ table, before, after, transactional }: Change): Charge {
  const indexes = (table.GlobalSecondaryIndexes ?? [])
    .map((index) => [index.IndexName, indexUnits(table, index, before, after)] as const)
    .filter(([, units]) => units > 0);
  return {
    table: table.TableName,
    kind: 'write',
    table_units: writeUnits(largerSize(before, after)) * (transactional ? TRANSACTIONAL_WRITE_FACTOR : 1),
    index_units: Object.fromEntries(indexes),
  };
}

/** A write is charged for the larger of what it found and what it left. */
export function largerSize(before: Item | undefined, after: Item | undefined): number {
  return Math.max(before ? itemSize(before) : 0, after ? itemSize(after) : 0);
}

function indexUnits(
  table: TableDescription,
  index: IndexDescription,
  before: Item | undefined,
  after: Item | undefined,
): number {
  const old = entryOf(table, index, before);
  const fresh = entryOf(table, index, after);
  if (old === undefined && fresh === undefined) return 0;
  if (old === undefined || fresh === undefined) return writeUnits(largerSize(old, fresh));
  if (isDeepStrictEqual(old, fresh)) return 0;
  // An entry whose key changes is deleted in one place and put in another.
  const moved = index.KeySchema.some(({ AttributeName }) => {
    return !isDeepStrictEqual(old[AttributeName], fresh[AttributeName]);
  });
  return moved ? writeUnits(itemSize(old)) + writeUnits(itemSize(fresh)) : writeUnits(largerSize(old, fresh));
}

/** What an index holds of an item: nothing where the item lacks one of the index's keys. */
function entryOf(table: TableDescription, index: IndexDescription, item: Item | undefined): Item | undefined {
  const keys = index.KeySchema.map(({ AttributeName }) => AttributeName);
  if (item === undefined || keys.some((name) => item[name] === undefined)) return undefined;
  if (index.Projection.ProjectionType === 'ALL') return item;
  const projected = new Set([
    ...keys,
    ...table.KeySchema.map(({ AttributeName }) => AttributeName),
    ...(index.Projection.NonKeyAttributes ?? []),
  ]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => projected.has(name)));
}
