import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { EVERYONE_INDEX } from './tables.ts';

/** A partition of listings, read in the order of its sort keys. */
export interface LanePage<Row> {
  readonly rows: readonly Row[];
  /** Whether there is nothing after these rows. */
  readonly ended: boolean;
}

/** Reads up to `limit` rows of a partition, after those that were read before. */
export type ReadLane<Row> = (after: Row | undefined, limit: number) => Promise<LanePage<Row>>;

/** How many queries a request may still make. */
export interface QueryBudget {
  left: number;
}

/** One partition with what has been read of it and not yet been taken. */
export class Lane<Row> {
  readonly #read: ReadLane<Row>;
  readonly #budget: QueryBudget;
  #rows: Row[] = [];
  #last: Row | undefined;
  #ended = false;

  constructor(read: ReadLane<Row>, budget: QueryBudget) {
    this.#read = read;
    this.#budget = budget;
  }

  get head(): Row | undefined {
    return this.#rows[0];
  }

  /** True when the next row is not known, though there may be one. */
  get isDry(): boolean {
    return this.#rows.length === 0 && !this.#ended;
  }

  /** Of what was read: how many rows, and whether that is all. */
  get known(): { readonly rows: number; readonly ended: boolean; readonly last: Row | undefined } {
    return { rows: this.#rows.length, ended: this.#ended, last: this.#last };
  }

  /** Reads on; false when the request has no query left. */
  async fill(limit: number): Promise<boolean> {
    if (this.#budget.left === 0) return false;
    this.#budget.left--;
    const page = await this.#read(this.#last, limit);
    this.#rows.push(...page.rows);
    this.#last = page.rows.at(-1) ?? this.#last;
    this.#ended = page.ended;
    return true;
  }

  take(): Row | undefined {
    return this.#rows.shift();
  }
}

export interface MergedPage<Row> {
  readonly items: readonly Row[];
  /** The last row that was looked at, shown or not; undefined when the lanes have ended. */
  readonly stoppedAt: Row | undefined;
  /** Whether all lanes have been read to their end. */
  readonly ended: boolean;
}

/**
 * Merges lanes in one order and keeps the rows that pass, up to `limit`, with as many queries as the
 * budget has left; then the page is short.
 */
export async function mergeLanes<Row>(
  lanes: readonly Lane<Row>[],
  isBefore: (a: Row, b: Row) => boolean,
  passes: (row: Row) => boolean,
  limit: number,
  batch: number,
): Promise<MergedPage<Row>> {
  const items: Row[] = [];
  let stoppedAt: Row | undefined;
  while (items.length < limit) {
    const filled = await Promise.all(lanes.filter((lane) => lane.isDry).map((lane) => lane.fill(batch)));
    if (filled.includes(false)) return { items, stoppedAt, ended: false };
    const first = lanes.reduce<Lane<Row> | undefined>((best, lane) => {
      if (!lane.head) return best;
      return best?.head && isBefore(best.head, lane.head) ? best : lane;
    }, undefined);
    const row = first?.take();
    // A page can be empty and not be the last of its lane.
    if (!row && lanes.some((lane) => lane.isDry)) continue;
    if (!row) return { items, stoppedAt: undefined, ended: true };
    stoppedAt = row;
    if (passes(row)) items.push(row);
  }
  return { items, stoppedAt, ended: false };
}

/** The part of one partition that a lane reads. */
export interface LanePart {
  readonly table: string;
  readonly partition: string;
  /** Of the index over all users, and not of the table itself. */
  readonly onIndex: boolean;
  /** Sort keys, both included. */
  readonly range: { readonly low: string; readonly high: string };
  readonly order: 'newest' | 'oldest';
  readonly rows: number;
}

/** What asks DynamoDB for it: as it is now, but for the index, which cannot say that. */
export function laneQuery({ table, partition, onIndex, range, order, rows }: LanePart): QueryCommandInput {
  return {
    TableName: table,
    ...(onIndex ? { IndexName: EVERYONE_INDEX } : { ConsistentRead: true }),
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :low AND :high',
    ExpressionAttributeNames: { '#partition': onIndex ? 'gpk' : 'pk', '#sort': 'sk' },
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      ':low': { S: range.low },
      ':high': { S: range.high },
    },
    ScanIndexForward: order === 'oldest',
    Limit: rows,
  };
}
