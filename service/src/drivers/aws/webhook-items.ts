import { type Delivery, deliveryKeptUntil } from '../../domain/webhook-delivery.ts';
import type { Item } from './image-item.ts';
import { shardOf } from './listing-keys.ts';

/** What the table `listings` holds of webhooks. None of it is in the index over all users. */

export const WEBHOOKS_KEY = { pk: { S: 'WEBHOOKS' }, sk: { S: 'all' } } as const;

/**
 * Over how many partitions deliveries are spread by when they are due: a thousand writes a second each. It is the
 * same for all installations, so that nobody has to ask.
 */
export const DELIVERY_SHARDS = 4;

/** A webhook's deliveries, sorted by id: a UUIDv7, so that this is the order of time. */
export const deliveriesPartition = (webhookId: string) => `DELIVERIES#${webhookId}`;

export const dueDeliveriesPartition = (shard: number) => `DUE#webhook#${shard}`;

export const deliveryKey = (webhook_id: string, delivery_id: string) => ({
  pk: { S: deliveriesPartition(webhook_id) },
  sk: { S: delivery_id },
});

/** DynamoDB removes an item some time after. Epoch seconds. */
const expiry = (delivery: Delivery) => ({
  expires_at: { N: String(Math.ceil(deliveryKeptUntil(delivery) / 1000)) },
});

/** The body stands in it as it is; `state`, `tries` and `next_try_at` once more, for conditions. */
export function itemFromDelivery(delivery: Delivery): Item {
  const { webhook_id, delivery_id, state, tries, next_try_at } = delivery;
  return {
    ...deliveryKey(webhook_id, delivery_id),
    state: { S: state },
    tries: { N: String(tries) },
    ...(next_try_at === null ? {} : { next_try_at: { S: next_try_at } }),
    delivery: { S: JSON.stringify(delivery) },
    ...expiry(delivery),
  };
}

export function deliveryFromItem(item: Item): Delivery {
  return JSON.parse(item['delivery']?.S ?? '') as Delivery;
}

/** By which a delivery is found when it is due; undefined where it never is. */
export function dueItemOf(delivery: Delivery): Item | undefined {
  const { webhook_id, delivery_id, next_try_at } = delivery;
  if (next_try_at === null) return undefined;
  return {
    pk: { S: dueDeliveriesPartition(shardOf(delivery_id, DELIVERY_SHARDS)) },
    sk: { S: `${next_try_at}#${delivery_id}` },
    webhook_id: { S: webhook_id },
    ...expiry(delivery),
  };
}
