import { expect } from 'vitest';
import type { z } from 'zod';
import {
  deliveryListSchema,
  type deliverySchema,
  webhookListSchema,
  webhookWithSecretSchema,
} from '../../src/http/webhook-schemas.ts';
import type { TestHome } from './homes.ts';
import { type ReadMessage, readMessage, type WebhookReceiver } from './webhook-receiver.ts';

type Home = Pick<TestHome, 'request'>;

export const EVERY_EVENT = ['image.ready', 'image.rejected', 'image.updated', 'image.deleted'];

export type WebhookWithSecret = z.infer<typeof webhookWithSecretSchema>;
export type DeliveryBody = z.infer<typeof deliverySchema>;

export function createWebhook(home: Home, body: object): Promise<Response> {
  return home.request('/webhooks', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Has a receiver told of events, by default of all. */
export async function subscribe(
  home: Home,
  { url }: Pick<WebhookReceiver, 'url'>,
  events: readonly string[] = EVERY_EVENT,
): Promise<WebhookWithSecret> {
  const response = await createWebhook(home, { url, events });
  expect(response.status, await response.clone().text()).toBe(201);
  return webhookWithSecretSchema.parse(await response.json());
}

export async function webhooksOf(home: Home) {
  const response = await home.request('/webhooks');
  expect(response.status).toBe(200);
  const list = webhookListSchema.parse(await response.json());
  expect(list.count).toBe(list.items.length);
  return list.items;
}

/** @param query with its question mark. */
export async function deliveriesPage(home: Home, webhook_id: string, query = '') {
  const response = await home.request(`/webhooks/${webhook_id}/deliveries${query}`);
  expect(response.status, await response.clone().text()).toBe(200);
  const page = deliveryListSchema.parse(await response.json());
  expect(page.count).toBe(page.items.length);
  return page;
}

/** The only delivery of a webhook. */
export async function onlyDelivery(home: Home, webhook_id: string): Promise<DeliveryBody> {
  const { items } = await deliveriesPage(home, webhook_id);
  const [delivery, ...others] = items;
  if (!delivery || others.length > 0) throw new Error(`There are ${items.length} deliveries.`);
  return delivery;
}

/** What a receiver was told, each message signed by the one secret. */
export function toldTo({ messages }: WebhookReceiver, secret: string): ReadMessage[] {
  return messages.map((message) => {
    const read = readMessage(message, [secret]);
    expect(read.signedBy).toEqual([0]);
    return read;
  });
}
