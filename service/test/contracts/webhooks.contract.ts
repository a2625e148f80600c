import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { Delivery, Webhook } from '../../src/domain/webhook-delivery.ts';
import type { WebhookDeliveries, WebhookRegistry } from '../../src/ports/webhooks.ts';

export interface OpenedWebhooks {
  readonly registry: WebhookRegistry;
  readonly deliveries: WebhookDeliveries;
  close(): Promise<void>;
}

/** What the two ports of webhooks promise. `open` gives empty ones. */
export function describeWebhooks(name: string, open: () => Promise<OpenedWebhooks>): void {
  let opened: OpenedWebhooks;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.close());
  describe(`webhook registry: ${name}`, () => describeRegistry(() => opened.registry));
  describe(`webhook deliveries: ${name}`, () => {
    describeDelivery(() => opened.deliveries);
    describeListing(() => opened.deliveries);
    describeDue(() => opened.deliveries);
  });
}

/** What they say when their store is gone. `open` gives such. */
export function describeFailedWebhooks(
  name: string,
  open: () => Promise<Pick<OpenedWebhooks, 'registry' | 'deliveries'>>,
): void {
  test(`webhooks: ${name}: a failure of the store is unavailable, with its cause`, async () => {
    const { registry, deliveries } = await open();
    const failure = { code: 'unavailable', cause: expect.anything() };
    const delivery = sampleDelivery();
    const attempts = [
      () => registry.read(),
      () => registry.write(0, []),
      () => deliveries.insert(delivery),
      () => deliveries.get(delivery.webhook_id, delivery.delivery_id),
      () => deliveries.replace(delivery, delivery),
      () => deliveries.list({ webhook_id: delivery.webhook_id }, 10, null),
      () => deliveries.due(NOW, 10),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(failure);
  });
}

/** Nothing of these tests expires while they run. */
const NOW = Date.now();
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

const WEBHOOK: Webhook = {
  webhook_id: newImageId(NOW),
  url: `https://shop.example.com/${'🦅"\\'.repeat(50)}`,
  events: ['image.ready', 'image.deleted'],
  created_at: at(0),
  disabled_at: null,
  secrets: [
    { secret: 'whsec_new', expires_at: null },
    { secret: 'whsec_old', expires_at: at(1000) },
  ],
};

function sampleDelivery(differing: Partial<Delivery> = {}): Delivery {
  return {
    delivery_id: newImageId(NOW),
    webhook_id: WEBHOOK.webhook_id,
    event_id: newImageId(NOW),
    type: 'image.ready',
    body: '{"type":"image.ready","data":{"user_id":"🦅 \\u2028"}}',
    created_at: at(0),
    state: 'waiting',
    tries: 0,
    next_try_at: at(60_000),
    last_try: null,
    ...differing,
  };
}

const DELIVERED = {
  state: 'delivered',
  tries: 1,
  next_try_at: null,
  last_try: { at: at(1), outcome: 'delivered', status: 204 },
} as const;

function describeRegistry(registry: () => WebhookRegistry): void {
  test('is empty at first', async () => {
    expect(await registry().read()).toEqual({ revision: 0, webhooks: [] });
  });

  test('gives back what was written, in its order, under another revision', async () => {
    const webhooks = [WEBHOOK, { ...WEBHOOK, webhook_id: newImageId(NOW), disabled_at: at(5) }];
    expect(await registry().write(0, webhooks)).toBe(true);
    const first = await registry().read();
    expect(first.webhooks).toEqual(webhooks);
    expect(await registry().write(first.revision, [])).toBe(true);
    const second = await registry().read();
    expect(second.webhooks).toEqual([]);
    expect(new Set([0, first.revision, second.revision]).size).toBe(3);
  });

  test('is not written over what somebody else has written since', async () => {
    await registry().write(0, [WEBHOOK]);
    const { revision } = await registry().read();
    for (const other of [0, revision + 1]) expect(await registry().write(other, [])).toBe(false);
    expect(await registry().read()).toEqual({ revision, webhooks: [WEBHOOK] });
  });

  test('of several who write at once, one does', async () => {
    const written = await Promise.all(
      Array.from({ length: 5 }, () => registry().write(0, [{ ...WEBHOOK, webhook_id: newImageId(NOW) }])),
    );
    expect(written.filter((done) => done)).toHaveLength(1);
    expect((await registry().read()).webhooks).toHaveLength(1);
  });

  test('holds 20 webhooks with the longest URLs and all of their secrets', async () => {
    const secrets = Array.from({ length: 4 }, () => ({
      secret: `whsec_${'A'.repeat(44)}`,
      expires_at: at(1),
    }));
    const longest = { ...WEBHOOK, url: `https://shop.example.com/${'x'.repeat(975)}`, secrets };
    const webhooks = Array.from({ length: 20 }, () => ({ ...longest, webhook_id: newImageId(NOW) }));
    expect(await registry().write(0, webhooks)).toBe(true);
    expect((await registry().read()).webhooks).toEqual(webhooks);
  });
}

function describeDelivery(deliveries: () => WebhookDeliveries): void {
  test('one that was inserted comes back as it was', async () => {
    const delivery = sampleDelivery();
    expect(await deliveries().insert(delivery)).toBe(true);
    expect(await deliveries().get(delivery.webhook_id, delivery.delivery_id)).toEqual(delivery);
    expect(await deliveries().get(newImageId(NOW), delivery.delivery_id)).toBeUndefined();
    expect(await deliveries().get(delivery.webhook_id, newImageId(NOW))).toBeUndefined();
  });

  test('one that is there stays as it is, however often it is inserted', async () => {
    const delivery = sampleDelivery();
    const inserted = await Promise.all([1, 2, 3].map(() => deliveries().insert(delivery)));
    expect(inserted.filter((done) => done)).toHaveLength(1);
    expect(await deliveries().insert({ ...delivery, ...DELIVERED })).toBe(false);
    expect(await deliveries().get(delivery.webhook_id, delivery.delivery_id)).toEqual(delivery);
  });

  test('one is replaced by whoever knows how it is, and by nobody else', async () => {
    const delivery = sampleDelivery();
    await deliveries().insert(delivery);
    const claimed = { ...delivery, next_try_at: at(120_000) };
    const both = await Promise.all([
      deliveries().replace(delivery, claimed),
      deliveries().replace(delivery, claimed),
    ]);
    expect(both.sort()).toEqual([false, true]);
    const others: Partial<Delivery>[] = [{ tries: 1 }, { state: 'failed' }, { next_try_at: null }];
    for (const other of others) {
      expect(await deliveries().replace({ ...claimed, ...other }, { ...claimed, ...DELIVERED })).toBe(false);
    }
    expect(await deliveries().get(delivery.webhook_id, delivery.delivery_id)).toEqual(claimed);
    const delivered = { ...claimed, ...DELIVERED };
    expect(await deliveries().replace(claimed, delivered)).toBe(true);
    expect(await deliveries().replace(delivered, { ...claimed, tries: 0 })).toBe(true);
  });

  test('one that is gone is not replaced', async () => {
    const delivery = sampleDelivery();
    expect(await deliveries().replace(delivery, { ...delivery, ...DELIVERED })).toBe(false);
    expect(await deliveries().get(delivery.webhook_id, delivery.delivery_id)).toBeUndefined();
  });

  test('what changes nothing but the count of tries is written, too', async () => {
    const delivery = sampleDelivery();
    await deliveries().insert(delivery);
    expect(await deliveries().replace(delivery, { ...delivery, tries: 1 })).toBe(true);
    expect(await deliveries().due(NOW + 60_001, 10)).toMatchObject([{ tries: 1 }]);
  });
}

function describeListing(deliveries: () => WebhookDeliveries): void {
  const walk = async (filter: Parameters<WebhookDeliveries['list']>[0], limit: number) => {
    const found: Delivery[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<WebhookDeliveries['list']>> = await deliveries().list(
        filter,
        limit,
        after,
      );
      expect(page.items.length).toBeLessThanOrEqual(limit);
      found.push(...page.items);
      after = page.next;
    } while (after !== null);
    return found;
  };

  test('lists those of a webhook, newest first, in pages of any size, of one state or all', async () => {
    const made = Array.from({ length: 7 }, (_unused, n) =>
      sampleDelivery({ delivery_id: newImageId(NOW + n), ...(n % 3 === 0 ? DELIVERED : {}) }),
    );
    for (const delivery of made) await deliveries().insert(delivery);
    await deliveries().insert(sampleDelivery({ webhook_id: newImageId(NOW) }));
    const newest = made.toReversed();
    const { webhook_id } = WEBHOOK;
    for (const limit of [1, 2, 6, 7, 200]) {
      expect(await walk({ webhook_id }, limit)).toEqual(newest);
      for (const state of ['waiting', 'delivered', 'failed'] as const) {
        const expected = newest.filter((delivery) => delivery.state === state);
        expect(await walk({ webhook_id, state }, limit)).toEqual(expected);
      }
    }
  });

  test('has nothing of a webhook that nothing was sent to', async () => {
    const page = await deliveries().list({ webhook_id: WEBHOOK.webhook_id }, 10, null);
    expect(page).toEqual({ items: [], next: null });
  });
}

function describeDue(deliveries: () => WebhookDeliveries): void {
  test('gives those whose time has come, the longest due first, as many as are wanted', async () => {
    const made = [30, 10, 20].map((minutes) => sampleDelivery({ next_try_at: at(minutes * 60_000) }));
    for (const delivery of made) await deliveries().insert(delivery);
    await deliveries().insert(sampleDelivery(DELIVERED));
    const [last, first, second] = made;
    expect(await deliveries().due(NOW + 600_000, 10)).toEqual([]);
    expect(await deliveries().due(NOW + 600_001, 10)).toEqual([first]);
    expect(await deliveries().due(NOW + 3_600_000, 10)).toEqual([first, second, last]);
    expect(await deliveries().due(NOW + 3_600_000, 2)).toEqual([first, second]);
  });

  test('gives those whose time is later, the furthest first, as many as are wanted', async () => {
    const made = [30, 10, 20].map((minutes) => sampleDelivery({ next_try_at: at(minutes * 60_000) }));
    for (const delivery of made) await deliveries().insert(delivery);
    await deliveries().insert(sampleDelivery(DELIVERED));
    const [last, , second] = made;
    expect(await deliveries().dueAfter(NOW + 1_800_000, 10)).toEqual([]);
    expect(await deliveries().dueAfter(NOW + 1_799_999, 10)).toEqual([last]);
    expect(await deliveries().dueAfter(NOW + 600_000, 10)).toEqual([last, second]);
    expect(await deliveries().dueAfter(NOW + 600_000, 1)).toEqual([last]);
  });

  test('gives one by the time that it has now, and not once it has none', async () => {
    const delivery = sampleDelivery();
    await deliveries().insert(delivery);
    const later = { ...delivery, next_try_at: at(600_000), tries: 1 };
    await deliveries().replace(delivery, later);
    expect(await deliveries().due(NOW + 60_001, 10)).toEqual([]);
    expect(await deliveries().due(NOW + 600_001, 10)).toEqual([later]);
    const delivered = { ...later, ...DELIVERED };
    await deliveries().replace(later, delivered);
    expect(await deliveries().due(NOW + 86_400_000, 10)).toEqual([]);
    const replayed: Delivery = { ...delivered, state: 'waiting', tries: 0, next_try_at: at(0) };
    await deliveries().replace(delivered, replayed);
    expect(await deliveries().due(NOW + 1, 10)).toEqual([replayed]);
  });
}
