import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { Delivery } from '../../domain/webhook-delivery.ts';
import type { DeliveryFilter, DeliveryPage, WebhookDeliveries } from '../../ports/webhooks.ts';
import { indexFailure } from './failures.ts';
import type { Item } from './image-item.ts';
import { type Pause, writeTransaction } from './transaction.ts';
import {
  DELIVERY_SHARDS,
  deliveriesPartition,
  deliveryFromItem,
  deliveryKey,
  dueDeliveriesPartition,
  dueItemOf,
  itemFromDelivery,
} from './webhook-items.ts';

export interface DynamoWebhookDeliveriesOptions {
  readonly client: DynamoDBClient;
  /** `listings`. */
  readonly table: string;
  readonly pause: Pause;
}

/** Most queries of one page. */
const MOST_QUERIES = 10;

/** Rows of a query of which many will not pass. */
const FILTERED_BATCH = 200;

/** Before a time, or from it on. */
interface TimeBound {
  readonly sign: '<' | '>';
  readonly time: string;
}

/**
 * Deliveries as items of the table `listings`, with a row each in partitions by when they are due, as long as they
 * are: both change in one transaction. They expire there.
 */
export class DynamoWebhookDeliveries implements WebhookDeliveries {
  readonly #options: DynamoWebhookDeliveriesOptions;

  constructor(options: DynamoWebhookDeliveriesOptions) {
    this.#options = options;
  }

  insert(delivery: Delivery): Promise<boolean> {
    const { table } = this.#options;
    return this.#write([
      {
        Put: {
          TableName: table,
          Item: itemFromDelivery(delivery),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      ...this.#dueRows(undefined, delivery),
    ]);
  }

  async get(webhook_id: string, delivery_id: string): Promise<Delivery | undefined> {
    const { client, table } = this.#options;
    try {
      const Key = deliveryKey(webhook_id, delivery_id);
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && deliveryFromItem(Item);
    } catch (error) {
      throw indexFailure(error);
    }
  }

  replace(previous: Delivery, next: Delivery): Promise<boolean> {
    const { table } = this.#options;
    return this.#write([
      { Put: { TableName: table, Item: itemFromDelivery(next), ...mustStillBe(previous) } },
      ...this.#dueRows(previous, next),
    ]);
  }

  async list(
    { webhook_id, state }: DeliveryFilter,
    limit: number,
    after: string | null,
  ): Promise<DeliveryPage> {
    const items: Delivery[] = [];
    let last = after;
    try {
      for (let queries = 0; queries < MOST_QUERIES; queries++) {
        const batch = state === undefined ? limit + 1 : FILTERED_BATCH;
        const page = await this.#rows(webhook_id, last, batch);
        for (const delivery of page.rows) {
          if (state === undefined || delivery.state === state) {
            // There is one more than the page takes.
            if (items.length === limit) return { items, next: items.at(-1)?.delivery_id ?? null };
            items.push(delivery);
          }
          last = delivery.delivery_id;
        }
        if (page.ended) return { items, next: null };
      }
      return { items, next: last };
    } catch (error) {
      throw indexFailure(error);
    }
  }

  due(before: number, limit: number): Promise<readonly Delivery[]> {
    return this.#byTime({ sign: '<', time: new Date(before).toISOString() }, limit);
  }

  dueAfter(after: number, limit: number): Promise<readonly Delivery[]> {
    // The next millisecond: what is due at `after` has a longer key than that alone.
    return this.#byTime({ sign: '>', time: new Date(after + 1).toISOString() }, limit);
  }

  /** From the end of the order on that the sign tells. */
  async #byTime(bound: TimeBound, limit: number): Promise<readonly Delivery[]> {
    try {
      const shards = Array.from({ length: DELIVERY_SHARDS }, (_unused, shard) =>
        this.#dueOf(shard, bound, limit),
      );
      const rows = (await Promise.all(shards)).flat();
      const direction = bound.sign === '<' ? 1 : -1;
      const first = rows.sort((a, b) => (a.time < b.time ? -direction : direction)).slice(0, limit);
      const found = await Promise.all(
        first.map(({ webhook_id, delivery_id }) => this.get(webhook_id, delivery_id)),
      );
      return found.filter((delivery) => delivery !== undefined);
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async #rows(webhook_id: string, after: string | null, Limit: number) {
    const { client, table } = this.#options;
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: after === null ? '#pk = :pk' : '#pk = :pk AND #sk < :after',
        ExpressionAttributeNames: { '#pk': 'pk', ...(after === null ? {} : { '#sk': 'sk' }) },
        ExpressionAttributeValues: {
          ':pk': { S: deliveriesPartition(webhook_id) },
          ...(after === null ? {} : { ':after': { S: after } }),
        },
        ScanIndexForward: false,
        Limit,
      }),
    );
    return { rows: Items.map(deliveryFromItem), ended: LastEvaluatedKey === undefined };
  }

  async #dueOf(shard: number, { sign, time }: TimeBound, Limit: number) {
    const { client, table } = this.#options;
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: `#pk = :pk AND #sk ${sign} :time`,
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        ExpressionAttributeValues: {
          ':pk': { S: dueDeliveriesPartition(shard) },
          ':time': { S: time },
        },
        ScanIndexForward: sign === '<',
        Limit,
      }),
    );
    return Items.map((item) => {
      const [dueAt = '', delivery_id = ''] = (item['sk']?.S ?? '').split('#');
      return { time: dueAt, delivery_id, webhook_id: item['webhook_id']?.S ?? '' };
    });
  }

  /** A transaction may name an item once: a row that stays where it is is only written. */
  #dueRows(previous: Delivery | undefined, next: Delivery): TransactWriteItem[] {
    const { table: TableName } = this.#options;
    const [before, after] = [previous && dueItemOf(previous), dueItemOf(next)];
    const isSame = before !== undefined && after !== undefined && nameOf(before) === nameOf(after);
    return [
      ...(after ? [{ Put: { TableName, Item: after } }] : []),
      ...(before && !isSame ? [{ Delete: { TableName, Key: keyOf(before) } }] : []),
    ];
  }

  /** @returns false where the first item's condition has failed: no other has one. */
  async #write(items: readonly TransactWriteItem[]): Promise<boolean> {
    const { client, pause } = this.#options;
    try {
      return (await writeTransaction(client, items, pause)) === undefined;
    } catch (error) {
      throw indexFailure(error);
    }
  }
}

const keyOf = ({ pk, sk }: Item) => ({ pk: pk ?? { S: '' }, sk: sk ?? { S: '' } });
const nameOf = ({ pk, sk }: Item) => `${pk?.S} ${sk?.S}`;

function mustStillBe({ state, tries, next_try_at }: Delivery) {
  const dueThen = next_try_at === null ? 'attribute_not_exists(#due)' : '#due = :due';
  return {
    ConditionExpression: `#state = :state AND #tries = :tries AND ${dueThen}`,
    ExpressionAttributeNames: { '#state': 'state', '#tries': 'tries', '#due': 'next_try_at' },
    ExpressionAttributeValues: {
      ':state': { S: state },
      ':tries': { N: String(tries) },
      ...(next_try_at === null ? {} : { ':due': { S: next_try_at } }),
    },
  };
}
