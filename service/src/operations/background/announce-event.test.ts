import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { newImageId } from '../../domain/image-id.ts';
import type { AnnounceEvent } from '../../domain/job.ts';
import { deliveryIdOf, type Webhook } from '../../domain/webhook-delivery.ts';
import {
  createMemoryWebhookDeliveries,
  createMemoryWebhookRegistry,
} from '../../drivers/memory/memory-webhooks.ts';
import type { WebhookTry } from '../../ports/webhook-sender.ts';
import type { WebhookDeliveries } from '../../ports/webhooks.ts';
import { announceEvent } from './announce-event.ts';
import { bringDeliveriesForward } from './bring-deliveries-forward.ts';
import { retryDeliveries } from './retry-deliveries.ts';

const NOW = Date.UTC(2026, 4, 4, 3, 2, 1);
const SECOND = 1000;
const DELIVERED: WebhookTry = { outcome: 'delivered', status: 204 };

const webhook = (path: string): Webhook => ({
  webhook_id: newImageId(NOW),
  url: `https://shop.example.com/${path}`,
  events: ['image.ready'],
  created_at: new Date(NOW).toISOString(),
  disabled_at: null,
  secrets: [{ secret: 'whsec_AQEB', expires_at: null }],
});

function announcement(): AnnounceEvent {
  const image_id = newImageId(NOW);
  const image = {
    image_id,
    user_id: 'alice',
    version: 1,
    status: 'ready',
    content_type: 'image/png',
    size_bytes: 294,
    width: 3,
    height: 2,
    rejection_reason: null,
  } as const;
  const at = new Date(NOW).toISOString();
  return { kind: 'announce-event', event: { event_id: newImageId(NOW), type: 'image.ready', at, image } };
}

interface Options {
  /** How a try ends, by the path of the webhook's URL. */
  readonly answer?: (path: string) => Promise<WebhookTry>;
  readonly around?: (deliveries: WebhookDeliveries) => Partial<WebhookDeliveries>;
}

/** Webhooks in memory, by the paths of their URLs, and what is sent to them. */
async function openWebhooks(paths: readonly string[], { answer, around }: Options = {}) {
  const registry = createMemoryWebhookRegistry();
  const webhooks = paths.map(webhook);
  await registry.write(0, webhooks);
  const kept = createMemoryWebhookDeliveries();
  const sent: string[] = [];
  const stamps: number[] = [];
  const { deps: all, log } = memoryDeps();
  let now = NOW;
  const sender = {
    allows: () => true,
    async post({ pathname }: URL, headers: Readonly<Record<string, string>>) {
      sent.push(pathname.slice(1));
      stamps.push(Number(headers['webhook-timestamp']));
      return answer ? answer(pathname.slice(1)) : DELIVERED;
    },
  };
  const deps = {
    log: all.log,
    clock: { now: () => now },
    webhooks: { registry, sender, deliveries: { ...kept, ...around?.(kept) } },
  };
  const stateOf = async ({ event }: AnnounceEvent, nth = 0) => {
    const webhook_id = webhooks[nth]?.webhook_id ?? '';
    return kept.get(webhook_id, deliveryIdOf(event.event_id, webhook_id));
  };
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { deps, sent, stamps, log, registry, stateOf, advance };
}

describe('an event that is announced', () => {
  test('is sent once, however often its job is done', async () => {
    const { deps, sent } = await openWebhooks(['a', 'b']);
    const job = announcement();
    for (let times = 0; times < 3; times++) await announceEvent(deps, job);
    await Promise.all([announceEvent(deps, job), announceEvent(deps, job)]);
    expect(sent.sort()).toEqual(['a', 'b']);
  });

  test('is sent once by several who do its job at once', async () => {
    const { deps, sent } = await openWebhooks(['a']);
    const job = announcement();
    await Promise.all([1, 2, 3, 4].map(() => announceEvent(deps, job)));
    expect(sent).toEqual(['a']);
  });

  test('is sent by the sweep where whoever did its job ended before sending it', async () => {
    const dying = new Error('killed');
    const { deps, sent, stateOf, advance } = await openWebhooks(['a'], {
      answer: async () => {
        if (sent.length === 1) throw dying;
        return DELIVERED;
      },
    });
    const job = announcement();
    await expect(announceEvent(deps, job)).rejects.toBe(dying);
    expect(await stateOf(job)).toMatchObject({ state: 'waiting', tries: 0 });
    // Nobody takes it from one who may still be at it.
    await announceEvent(deps, job);
    expect(await retryDeliveries(deps)).toBe(0);
    advance(61 * SECOND);
    expect(await retryDeliveries(deps)).toBe(1);
    expect(sent).toEqual(['a', 'a']);
    expect(await stateOf(job)).toMatchObject({ state: 'delivered', tries: 1 });
  });

  test('is sent again where it arrived, and that could not be written down', async () => {
    let down = true;
    const { deps, sent, stateOf, advance } = await openWebhooks(['a'], {
      around: (kept) => ({
        async replace(previous, next) {
          if (down) throw new Error('the store is away');
          return kept.replace(previous, next);
        },
      }),
    });
    const job = announcement();
    await expect(announceEvent(deps, job)).rejects.toThrow('the store is away');
    down = false;
    advance(61 * SECOND);
    await announceEvent(deps, job);
    expect(sent).toEqual(['a', 'a']);
    expect(await stateOf(job)).toMatchObject({ state: 'delivered' });
  });

  test('reaches the others where the row of one cannot be written, and that one when its job is done again', async () => {
    let down = true;
    const { deps, sent } = await openWebhooks(['a', 'b', 'c'], {
      around: (kept) => ({
        async insert(delivery) {
          const [, second] = (await deps.webhooks.registry.read()).webhooks;
          if (down && delivery.webhook_id === second?.webhook_id) throw new Error('the store is away');
          return kept.insert(delivery);
        },
      }),
    });
    const job = announcement();
    await expect(announceEvent(deps, job)).rejects.toThrow('the store is away');
    expect(sent).toEqual(['a', 'c']);
    down = false;
    await announceEvent(deps, job);
    expect(sent).toEqual(['a', 'c', 'b']);
  });

  test('is sent to nobody where webhooks were switched off since', async () => {
    const { deps } = await openWebhooks(['a']);
    await announceEvent({ ...deps, webhooks: undefined }, announcement());
    expect(await retryDeliveries({ ...deps, webhooks: undefined })).toBe(0);
  });
});

test('a message is signed at the time of the machine’s clock, however far that of record is ahead', async () => {
  const { deps, stamps } = await openWebhooks(['a']);
  const clock = { now: () => NOW, machine: () => NOW - 3600 * SECOND };
  await announceEvent({ ...deps, clock }, announcement());
  await announceEvent(deps, announcement());
  expect(stamps).toEqual([NOW / SECOND - 3600, NOW / SECOND]);
});

describe('the look at what is far off', () => {
  const YEARS = 10 * 365 * 24 * 3600 * SECOND;
  const FAILED = async (): Promise<WebhookTry> => ({ outcome: 'failed', reason: 'timeout' });

  test('has tried at once what waits for the time of a clock that was ahead, and nothing else', async () => {
    const { deps, sent, stateOf, advance } = await openWebhooks(['a'], { answer: FAILED });
    advance(YEARS);
    const ahead = Array.from({ length: 100 }, announcement);
    for (const job of ahead) await announceEvent(deps, job);
    advance(-YEARS);
    const job = announcement();
    await announceEvent(deps, job);
    sent.length = 0;
    expect(await retryDeliveries(deps)).toBe(0);
    expect(await bringDeliveriesForward(deps)).toBe(100);
    expect(await bringDeliveriesForward(deps)).toBe(0);
    advance(1);
    expect(await retryDeliveries(deps)).toBe(100);
    expect(sent).toHaveLength(100);
    expect(await stateOf(job)).toMatchObject({ tries: 1, state: 'waiting' });
    expect(await stateOf(ahead[99] ?? job)).toMatchObject({ tries: 2, state: 'waiting' });
  });

  test('begins no more after twenty seconds: the next one goes on', async () => {
    const { deps, advance } = await openWebhooks(['a'], {
      answer: FAILED,
      around: (deliveries) => ({
        ...deliveries,
        async dueAfter(...asked) {
          advance(11 * SECOND);
          return deliveries.dueAfter(...asked);
        },
      }),
    });
    advance(YEARS);
    for (const job of Array.from({ length: 100 }, announcement)) await announceEvent(deps, job);
    advance(-YEARS);
    expect(await bringDeliveriesForward(deps)).toBe(80);
    expect(await bringDeliveriesForward(deps)).toBe(20);
  });

  test('leaves the longest pause that there is', async () => {
    const { deps, advance } = await openWebhooks(['a'], { answer: FAILED });
    await announceEvent(deps, announcement());
    for (const hours of [1, 1, 1, 3, 6, 12, 16, 23]) {
      expect(await bringDeliveriesForward(deps)).toBe(0);
      advance(hours * 3600 * SECOND);
      expect(await retryDeliveries(deps)).toBe(1);
    }
    expect(await bringDeliveriesForward(deps)).toBe(0);
  });

  test('does nothing where webhooks are off', async () => {
    const { deps } = await openWebhooks(['a']);
    expect(await bringDeliveriesForward({ ...deps, webhooks: undefined })).toBe(0);
  });
});

describe('a sweep', () => {
  const failing = (outcome: WebhookTry) => async () => outcome;
  const TIMEOUT: WebhookTry = { outcome: 'failed', reason: 'timeout' };

  test('of several at once sends each message once', async () => {
    const { deps, sent, advance } = await openWebhooks(['a'], { answer: failing(TIMEOUT) });
    const jobs = Array.from({ length: 100 }, announcement);
    for (const job of jobs) await announceEvent(deps, job);
    sent.length = 0;
    advance(6 * SECOND);
    const settled = await Promise.all([1, 2, 3].map(() => retryDeliveries(deps)));
    expect(settled.reduce((sum, each) => sum + each, 0)).toBe(100);
    expect(sent).toHaveLength(100);
  });

  test('says why there was no answer', async () => {
    const { deps, stateOf } = await openWebhooks(['a'], { answer: failing(TIMEOUT) });
    const job = announcement();
    await announceEvent(deps, job);
    const last_try = { at: new Date(NOW).toISOString(), outcome: 'timeout', status: null };
    expect(await stateOf(job)).toMatchObject({ state: 'waiting', tries: 1, last_try });
  });

  test('that meets a failure of the store goes on with the others, and says so', async () => {
    const failed = new Set<string>();
    const { deps, sent, advance } = await openWebhooks(['a'], {
      answer: failing(TIMEOUT),
      around: (kept) => ({
        async replace(previous, next) {
          if (failed.has(previous.delivery_id)) throw new Error('the store is away');
          return kept.replace(previous, next);
        },
      }),
    });
    const jobs = Array.from({ length: 30 }, announcement);
    for (const job of jobs) await announceEvent(deps, job);
    const [first] = (await deps.webhooks.deliveries.due(NOW + 10 * SECOND, 1)).map(
      (each) => each.delivery_id,
    );
    failed.add(first ?? '');
    sent.length = 0;
    advance(6 * SECOND);
    await expect(retryDeliveries(deps)).rejects.toThrow('the store is away');
    expect(sent).toHaveLength(29);
  });

  test('logs what has failed for good, without the URL, which may hold a secret', async () => {
    const { deps, log } = await openWebhooks(['a-secret-path'], {
      answer: failing({ outcome: 'answered', status: 410 }),
    });
    await announceEvent(deps, announcement());
    expect(log.map(({ level }) => level)).toEqual(['warn', 'warn']);
    expect(JSON.stringify(log)).not.toMatch(/shop\.example\.com|a-secret-path|whsec/);
    expect((await deps.webhooks.registry.read()).webhooks).toMatchObject([
      { disabled_at: new Date(NOW).toISOString() },
    ]);
  });
});
