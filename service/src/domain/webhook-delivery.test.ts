import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isImageId, newImageId, timeOfImageId } from './image-id.ts';
import {
  type Delivery,
  deliveryIdOf,
  deliveryKeptUntil,
  pauseAfterTries,
  rotatedSecrets,
  secretFrom,
  secretsAt,
  TRIES_OF_A_DELIVERY,
  type Webhook,
} from './webhook-delivery.ts';

const NOW = Date.UTC(2026, 4, 4, 3, 2, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (milliseconds: number) => new Date(NOW + milliseconds).toISOString();

const uuid = fc.integer({ min: 0, max: 2 ** 47 }).map((time) => newImageId(time));

describe("a delivery's id", () => {
  test('is a UUIDv7 of the time of the event, the same each time it is made', () => {
    fc.assert(
      fc.property(uuid, uuid, (event, webhook) => {
        const id = deliveryIdOf(event, webhook);
        expect(isImageId(id)).toBe(true);
        expect(timeOfImageId(id)).toBe(timeOfImageId(event));
        expect(deliveryIdOf(event, webhook)).toBe(id);
      }),
    );
  });

  test('is another for each event and each webhook', () => {
    const events = Array.from({ length: 30 }, () => newImageId(NOW));
    const webhooks = Array.from({ length: 20 }, () => newImageId(NOW));
    const ids = events.flatMap((event) => webhooks.map((webhook) => deliveryIdOf(event, webhook)));
    expect(new Set(ids).size).toBe(600);
  });
});

describe('the pauses between tries', () => {
  test('grow, are some three days in all, and end', () => {
    const pauses = Array.from(
      { length: TRIES_OF_A_DELIVERY - 1 },
      (_unused, n) => pauseAfterTries(n + 1) ?? 0,
    );
    for (const [n, pause] of pauses.entries()) expect(pause).toBeGreaterThan(pauses[n - 1] ?? 0);
    const all = pauses.reduce((sum, pause) => sum + pause, 0);
    expect(all).toBeGreaterThan(3 * DAY);
    expect(all).toBeLessThan(4 * DAY);
    expect(pauseAfterTries(TRIES_OF_A_DELIVERY)).toBeUndefined();
  });
});

describe('how long a delivery is kept', () => {
  const delivery = { created_at: at(0), next_try_at: null, last_try: null } as Delivery;
  test.each([
    ['seven days after it was made', {}, 7 * DAY],
    [
      'seven days after its last try',
      { last_try: { at: at(DAY), outcome: 'timeout', status: null } },
      8 * DAY,
    ],
    ['seven days after the try that is to come', { next_try_at: at(2 * DAY) }, 9 * DAY],
  ])('is %s', (_what, differing, kept) => {
    expect(deliveryKeptUntil({ ...delivery, ...differing })).toBe(NOW + kept);
  });
});

describe('the secrets of a webhook', () => {
  const secretsOf = (secrets: Webhook['secrets'], now: number) => secretsAt({ secrets } as Webhook, now);
  const [a, b, c] = [1, 2, 3].map((byte) => secretFrom(new Uint8Array(32).fill(byte))) as [
    string,
    string,
    string,
  ];

  test('are written as Standard Webhooks write them', () => {
    expect(a).toBe('whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=');
  });

  test('that were changed sign for a day more, and the newest first', () => {
    const rotated = rotatedSecrets([{ secret: a, expires_at: null }], b, NOW);
    expect(secretsOf(rotated, NOW)).toEqual([b, a]);
    expect(secretsOf(rotated, NOW + DAY - 1)).toEqual([b, a]);
    expect(secretsOf(rotated, NOW + DAY)).toEqual([b]);
  });

  test('that were changed twice sign each for its own day', () => {
    const once = rotatedSecrets([{ secret: a, expires_at: null }], b, NOW);
    const twice = rotatedSecrets(once, c, NOW + 10 * HOUR);
    expect(secretsOf(twice, NOW + 10 * HOUR)).toEqual([c, b, a]);
    expect(secretsOf(twice, NOW + DAY)).toEqual([c, b]);
    expect(secretsOf(twice, NOW + DAY + 10 * HOUR)).toEqual([c]);
    const later = rotatedSecrets(twice, a, NOW + 3 * DAY);
    expect(later.map(({ secret }) => secret)).toEqual([a, c]);
  });

  test('that are changed all the time stay few', () => {
    let secrets = rotatedSecrets([], a, NOW);
    for (let n = 1; n < 10; n++)
      secrets = rotatedSecrets(secrets, secretFrom(new Uint8Array(32).fill(n)), NOW + n);
    expect(secrets).toHaveLength(4);
    expect(secrets.filter(({ expires_at }) => expires_at === null)).toHaveLength(1);
  });
});
