import {
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { AuditEvent, AuditPosition } from '../../domain/audit-event.ts';
import type { AuditFilter, AuditPage, AuditTrail } from '../../ports/audit-trail.ts';
import {
  auditPartition,
  auditSortKey,
  eventFromItem,
  everyonesPartition,
  itemFromEvent,
} from './audit-item.ts';
import { auditFailure } from './failures.ts';
import { rangeWithin } from './listing-keys.ts';
import { Lane, laneQuery, mergeLanes, type QueryBudget, type ReadLane } from './listing-lanes.ts';

export interface DynamoAuditTrailOptions {
  readonly client: DynamoDBClient;
  /** The table `audit`. */
  readonly table: string;
  /**
   * Over how many shards this process spreads what it writes. It asks nobody, so that recording an event is
   * one request: as many as are configured are never more than are read.
   */
  readonly shardsToWrite: number;
  /** Over how many shards events of all users may lie. */
  readonly shardsToRead: () => Promise<number>;
  /** How long events are kept. */
  readonly days: number;
}

/** Most queries of one request. */
const MOST_QUERIES = 10;

/** Rows of a query where many of them will not pass. */
const FILTERED_BATCH = 200;

/**
 * Events in the table `audit`, which expire there. One user's are a strongly consistent query of one partition;
 * everyone's one query a shard, merged, of an index that follows within a moment.
 */
export class DynamoAuditTrail implements AuditTrail {
  readonly #options: DynamoAuditTrailOptions;

  constructor(options: DynamoAuditTrailOptions) {
    this.#options = options;
  }

  /** What is written in the transaction of the change that the event tells of. Without a condition: twice is once. */
  note(event: AuditEvent): TransactWriteItem {
    return { Put: this.#put(event) };
  }

  async record(event: AuditEvent): Promise<void> {
    try {
      await this.#options.client.send(new PutItemCommand(this.#put(event)));
    } catch (error) {
      throw auditFailure(error);
    }
  }

  async list(filter: AuditFilter, limit: number, after: AuditPosition | null): Promise<AuditPage> {
    try {
      const budget: QueryBudget = { left: MOST_QUERIES };
      const lanes = (await this.#partitions(filter)).map(
        (partition) => new Lane(this.#reader(partition, filter, after), budget),
      );
      const others = OTHERS.filter((name) => filter[name] !== undefined);
      const batch = others.length > 0 ? FILTERED_BATCH : Math.ceil((limit + 1) / lanes.length) + 1;
      const merged = await mergeLanes(
        lanes,
        (a, b) => auditSortKey(a) > auditSortKey(b),
        (event) => others.every((name) => event[name] === filter[name]),
        limit + 1,
        batch,
      );
      const items = merged.items.slice(0, limit);
      const last = merged.items.length > limit ? items.at(-1) : merged.stoppedAt;
      return { items, next: last && !merged.ended ? { at: last.at, event_id: last.event_id } : null };
    } catch (error) {
      throw auditFailure(error);
    }
  }

  async #partitions({ user_id }: AuditFilter): Promise<string[]> {
    if (user_id !== undefined) return [auditPartition(user_id)];
    const shards = await this.#options.shardsToRead();
    return Array.from({ length: shards }, (_unused, shard) => everyonesPartition(shard));
  }

  #reader(
    partition: string,
    { user_id, within }: AuditFilter,
    after: AuditPosition | null,
  ): ReadLane<AuditEvent> {
    const { client, table } = this.#options;
    const onIndex = user_id === undefined;
    return async (last, rows) => {
      const position = last ?? after;
      const range = rangeWithin(within, 'newest', position && auditSortKey(position));
      if (!range) return { rows: [], ended: true };
      const page = await client.send(
        new QueryCommand(laneQuery({ table, partition, onIndex, range, order: 'newest', rows })),
      );
      return { rows: (page.Items ?? []).map(eventFromItem), ended: page.LastEvaluatedKey === undefined };
    };
  }

  #put(event: AuditEvent) {
    const { table, shardsToWrite, days } = this.#options;
    return { TableName: table, Item: itemFromEvent(event, shardsToWrite, days) };
  }
}

/** What of a filter is no part of any key. */
const OTHERS = ['image_id', 'actor', 'action', 'outcome'] as const;
