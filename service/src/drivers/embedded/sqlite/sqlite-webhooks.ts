import type { DatabaseSync } from 'node:sqlite';
import type { Delivery, Webhook } from '../../../domain/webhook-delivery.ts';
import type {
  DeliveryFilter,
  DeliveryPage,
  WebhookDeliveries,
  WebhookList,
  WebhookRegistry,
} from '../../../ports/webhooks.ts';
import type { GroupCommit } from './group-commit.ts';
import { Statements } from './statements.ts';
import { databaseFailure } from './write-batch.ts';

/** How many deliveries one command removes, so that no upload waits for long. */
const EXPIRED_AT_ONCE = 500;

/** How many such commands one sweep is. */
const COMMANDS_OF_A_SWEEP = 200;

/** The list of webhooks as one row. */
export class SqliteWebhookRegistry implements WebhookRegistry {
  readonly #reader: Statements;
  readonly #commits: GroupCommit;
  /** Whether there are any, as far as is known; only this process writes them. */
  #hasAny: boolean | undefined;

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#reader = new Statements(reader);
    this.#commits = commits;
  }

  async read(): Promise<WebhookList> {
    return this.#read();
  }

  async write(revision: number, webhooks: readonly Webhook[]): Promise<boolean> {
    // As soon as the row may be there, changes have to be told; a write that fails may have been made all the same.
    this.#hasAny ||= webhooks.length > 0;
    const content = JSON.stringify(webhooks);
    try {
      return (await this.#commits.write({ kind: 'webhook-list', revision, content })) === 1;
    } finally {
      this.#hasAny = undefined;
    }
  }

  /** Whether anybody may want to be told of a change that is made now. Costs nothing but the first time. */
  hasAny(): boolean {
    this.#hasAny ??= this.#read().webhooks.length > 0;
    return this.#hasAny;
  }

  #read(): WebhookList {
    const [row] = all(this.#reader, 'SELECT revision, content FROM webhooks');
    return {
      revision: Number(row?.['revision']),
      webhooks: JSON.parse(String(row?.['content'])) as Webhook[],
    };
  }
}

/** Deliveries as rows, read along indexes. */
export class SqliteWebhookDeliveries implements WebhookDeliveries {
  readonly #reader: Statements;
  readonly #commits: GroupCommit;

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#reader = new Statements(reader);
    this.#commits = commits;
  }

  async insert(delivery: Delivery): Promise<boolean> {
    return (await this.#commits.write({ kind: 'webhook-delivery-add', delivery })) === 1;
  }

  async get(webhook_id: string, delivery_id: string): Promise<Delivery | undefined> {
    const sql = 'SELECT content FROM webhook_deliveries WHERE webhook_id = ? AND delivery_id = ?';
    const [delivery] = this.#read(sql, webhook_id, delivery_id);
    return delivery;
  }

  async replace(previous: Delivery, next: Delivery): Promise<boolean> {
    return (await this.#commits.write({ kind: 'webhook-delivery-change', previous, next })) === 1;
  }

  async list(
    { webhook_id, state }: DeliveryFilter,
    limit: number,
    after: string | null,
  ): Promise<DeliveryPage> {
    const rows = this.#read(
      `SELECT content FROM webhook_deliveries WHERE webhook_id = ?${state === undefined ? '' : ' AND state = ?'}
       ${after === null ? '' : 'AND delivery_id < ?'} ORDER BY delivery_id DESC LIMIT ?`,
      webhook_id,
      ...(state === undefined ? [] : [state]),
      ...(after === null ? [] : [after]),
      limit + 1,
    );
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.delivery_id ?? null) : null };
  }

  async due(before: number, limit: number): Promise<readonly Delivery[]> {
    return this.#read(
      'SELECT content FROM webhook_deliveries WHERE due_at < ? ORDER BY due_at LIMIT ?',
      before,
      limit,
    );
  }

  async dueAfter(after: number, limit: number): Promise<readonly Delivery[]> {
    return this.#read(
      'SELECT content FROM webhook_deliveries WHERE due_at > ? ORDER BY due_at DESC LIMIT ?',
      after,
      limit,
    );
  }

  /** Removes what is kept until before `before` (milliseconds since 1970). What is too much for one sweep is for the next. */
  async expire(before: number): Promise<number> {
    let expired = 0;
    for (let command = 0; command < COMMANDS_OF_A_SWEEP; command++) {
      const limit = EXPIRED_AT_ONCE;
      const removed = Number(await this.#commits.write({ kind: 'webhook-delivery-expire', before, limit }));
      expired += removed;
      if (removed < limit) break;
    }
    return expired;
  }

  #read(sql: string, ...values: (string | number)[]): Delivery[] {
    return all(this.#reader, sql, ...values).map(({ content }) => JSON.parse(String(content)) as Delivery);
  }
}

function all(reader: Statements, sql: string, ...values: (string | number)[]) {
  try {
    return reader.get(sql).all(...values);
  } catch (error) {
    throw databaseFailure(error);
  }
}
