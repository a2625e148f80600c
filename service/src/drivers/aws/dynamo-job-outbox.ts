import { randomUUID } from 'node:crypto';
import {
  DeleteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { type Job, jobFromText } from '../../domain/job.ts';
import type { JobOutbox } from '../../ports/job-outbox.ts';
import type { Log } from '../../ports/log.ts';
import { indexFailure } from './failures.ts';
import type { Item } from './image-item.ts';
import { jobPartition } from './listing-keys.ts';

/** Where in the outbox a job is written down. */
export interface OutboxKey {
  readonly pk: string;
  readonly sk: string;
}

export interface DynamoJobOutboxOptions {
  readonly client: DynamoDBClient;
  /** The table `listings`. */
  readonly table: string;
  readonly shards: () => Promise<number>;
  /** Sends a job to its queue, with the place of its note. */
  readonly send: (job: Job, key: OutboxKey) => Promise<void>;
  readonly log: Log;
}

/** Before a time, or from it on. */
interface TimeBound {
  readonly sign: '<' | '>';
  readonly time: string;
}

interface Page {
  readonly items: readonly Item[];
  readonly next: Item | undefined;
}

/** How far sending again has come, and the first failure that it met. */
interface Outcome {
  sent: number;
  failure?: { readonly error: unknown };
}

/** How many notes of a shard are read at once. */
const PAGE = 100;

/**
 * Jobs as rows of the table `listings`, in partitions of their own: written in the transaction that causes
 * them, and removed when the queue hands them out.
 */
export class DynamoJobOutbox implements JobOutbox {
  readonly #options: DynamoJobOutboxOptions;

  constructor(options: DynamoJobOutboxOptions) {
    this.#options = options;
  }

  /** What is to be written with the change that causes the jobs, and what is to be done when it has been. */
  async note(jobs: readonly Job[]): Promise<{ items: TransactWriteItem[]; send: () => Promise<void> }> {
    if (jobs.length === 0) return { items: [], send: async () => {} };
    const { table, shards } = this.#options;
    const count = await shards();
    const notes = jobs.map((job) => ({ job, key: newKey(count) }));
    const items = notes.map(({ job, key }) => ({
      Put: { TableName: table, Item: { ...keyItem(key), job: { S: JSON.stringify(job) } } },
    }));
    return { items, send: async () => void (await Promise.all(notes.map((note) => this.#send(note)))) };
  }

  /** The queue has the job. */
  async forget(key: OutboxKey): Promise<void> {
    const { client, table } = this.#options;
    try {
      await client.send(new DeleteItemCommand({ TableName: table, Key: keyItem(key) }));
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async resend(before: number, after?: number): Promise<number> {
    const count = await this.#options.shards();
    const outcome: Outcome = { sent: 0 };
    const bounds = [
      { sign: '<', time: new Date(before).toISOString() },
      ...(after === undefined ? [] : [{ sign: '>', time: new Date(after + 1).toISOString() } as const]),
    ] as const;
    for (const bound of bounds) {
      for (let shard = 0; shard < count; shard++) await this.#resendShard(shard, bound, outcome);
    }
    if (outcome.failure) throw outcome.failure.error;
    return outcome.sent;
  }

  /** Page by page, so that notes that have to stay where they are hold up none behind them. */
  async #resendShard(shard: number, bound: TimeBound, outcome: Outcome): Promise<void> {
    let after: Item | undefined;
    do {
      const page = await this.#notes(shard, bound, after);
      for (const item of page.items) await this.#resendNote(item, outcome);
      after = page.next;
    } while (after);
  }

  /**
   * A note that cannot be read stays: a newer release may have written it, and can send it. So does one whose
   * queue does not take it; those of other queues are sent all the same.
   */
  async #resendNote(item: Item, outcome: Outcome): Promise<void> {
    const { send, log } = this.#options;
    const key = { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' };
    let job: Job;
    try {
      job = jobFromText(item['job']?.S ?? '');
    } catch (cause) {
      log.error({ err: cause, note: key }, 'the note of a job cannot be read; it stays');
      return;
    }
    try {
      await send(job, key);
      await this.forget(key);
      outcome.sent++;
    } catch (error) {
      outcome.failure ??= { error };
    }
  }

  async #notes(shard: number, { sign, time }: TimeBound, after: Item | undefined): Promise<Page> {
    const { client, table } = this.#options;
    try {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: `#pk = :pk AND #sk ${sign} :time`,
          ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
          ExpressionAttributeValues: { ':pk': { S: jobPartition(shard) }, ':time': { S: time } },
          Limit: PAGE,
          ExclusiveStartKey: after,
        }),
      );
      return { items: Items, next: LastEvaluatedKey };
    } catch (error) {
      throw indexFailure(error);
    }
  }

  /** What cannot be sent now is sent again from its note. */
  async #send({ job, key }: { readonly job: Job; readonly key: OutboxKey }): Promise<void> {
    const { send, log } = this.#options;
    await send(job, key).catch((cause: unknown) => {
      log.warn({ err: cause, job }, 'a job could not be sent now; it will be sent from its note');
    });
  }
}

function newKey(shards: number): OutboxKey {
  const shard = Math.floor(Math.random() * shards);
  return { pk: jobPartition(shard), sk: `${new Date().toISOString()}#${randomUUID()}` };
}

const keyItem = ({ pk, sk }: OutboxKey) => ({ pk: { S: pk }, sk: { S: sk } });
