import { createHash } from 'node:crypto';
import { SECRET_PREFIX, type WebhookEvent } from './webhook.ts';
import type { AnnouncedEvent } from './webhook-event.ts';

/** Who is to be told of what, and where. */
export interface Webhook {
  /** UUIDv7. */
  readonly webhook_id: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly created_at: string;
  /** When its receiver said that it wants no more (410). Nothing is sent to it after that. */
  readonly disabled_at: string | null;
  /** What messages are signed with: never shown after it was made, and in no log. Newest first. */
  readonly secrets: readonly WebhookSecret[];
}

export interface WebhookSecret {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Of a former one: until when it signs beside the newer. Null for the newest. */
  readonly expires_at: string | null;
}

/** How many an installation may have: each event is sent to all of them. */
export const MOST_WEBHOOKS = 20;

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed'] as const;

/** `waiting`: to be tried, again or for the first time; `failed`: for good. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One message to one webhook, and how far it is. */
export interface Delivery {
  /** UUIDv7 of the event's time, made from event and webhook: there is one for each pair. */
  readonly delivery_id: string;
  readonly webhook_id: string;
  readonly event_id: string;
  readonly type: WebhookEvent;
  /** JSON, the same at every try. */
  readonly body: string;
  /** When what it tells of has happened. */
  readonly created_at: string;
  readonly state: DeliveryState;
  /** How often it has been tried, since it was last replayed. */
  readonly tries: number;
  /** While `waiting`, else null. Whoever tries it moves this first, so that nobody else tries it too. */
  readonly next_try_at: string | null;
  readonly last_try: LastTry | null;
}

export interface LastTry {
  readonly at: string;
  /** `delivered`, `answered` with another status than 2xx, or why there was no answer. */
  readonly outcome: string;
  /** Of the answer, if there was one. */
  readonly status: number | null;
}

/** Whoever tries a delivery has so long for it before somebody else may. */
export const CLAIM_MS = 60_000;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** After the first try, the second, and so on: some three days in all, as Standard Webhooks recommend. */
const PAUSES_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** How often a message is tried before it has failed for good. */
export const TRIES_OF_A_DELIVERY = PAUSES_MS.length + 1;

/** A tenth more at most, so that what failed together parts. */
const JITTER = 0.1;

/** How long to wait after so many tries; undefined after the last. */
export function pauseAfterTries(tries: number): number | undefined {
  const pause = PAUSES_MS[tries - 1];
  return pause === undefined ? undefined : Math.round(pause * (1 + JITTER * Math.random()));
}

/** Longer than any pause: a next try that is further off was set by a clock that was ahead. */
export const FAR_OFF_MS = 2 * DAY_MS;

/** How long a delivery is kept after the last that is known of it, or is to come. */
const KEPT_MS = 7 * DAY_MS;

/** Until when a delivery is kept, in milliseconds since 1970. */
export function deliveryKeptUntil({ created_at, next_try_at, last_try }: Delivery): number {
  const times = [created_at, next_try_at, last_try?.at].map((time) => (time ? Date.parse(time) : 0));
  return Math.max(...times) + KEPT_MS;
}

/** The delivery of an event to a webhook, as it begins: claimed by whoever makes it. */
export function newDelivery(webhook_id: string, event: AnnouncedEvent, now: number): Delivery {
  return {
    delivery_id: deliveryIdOf(event.event_id, webhook_id),
    webhook_id,
    event_id: event.event_id,
    type: event.type,
    body: bodyOfEvent(event),
    created_at: event.at,
    state: 'waiting',
    tries: 0,
    next_try_at: new Date(now + CLAIM_MS).toISOString(),
    last_try: null,
  };
}

/** A UUIDv7 with the time of the event's, and a digest of both in place of what is random. */
export function deliveryIdOf(event_id: string, webhook_id: string): string {
  const digest = createHash('sha256').update(`${event_id} ${webhook_id}`).digest('hex');
  const variant = ((Number.parseInt(digest.charAt(3), 16) & 3) | 8).toString(16);
  const time = event_id.slice(0, 13);
  return `${time}-7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}

/** For how long a former secret signs beside the one that took its place. */
const FORMER_SECRET_MS = DAY_MS;

/** So many sign at most: whoever changes secrets all the time loses the oldest. */
const MOST_SECRETS = 4;

/** @param random 32 bytes. */
export function secretFrom(random: Uint8Array): string {
  return `${SECRET_PREFIX}${Buffer.from(random).toString('base64')}`;
}

/** The secrets with a new one in front; those before it sign for a day more, or as long as they had. */
export function rotatedSecrets(
  secrets: readonly WebhookSecret[],
  secret: string,
  now: number,
): readonly WebhookSecret[] {
  const expires_at = new Date(now + FORMER_SECRET_MS).toISOString();
  const former = secrets
    .filter((each) => isValid(each, now))
    .map((each) => ({ ...each, expires_at: each.expires_at ?? expires_at }));
  return [{ secret, expires_at: null }, ...former].slice(0, MOST_SECRETS);
}

/** The secrets that count now, newest first. */
export function secretsAt({ secrets }: Webhook, now: number): string[] {
  return secrets.filter((each) => isValid(each, now)).map(({ secret }) => secret);
}

function isValid({ expires_at }: WebhookSecret, now: number): boolean {
  return expires_at === null || Date.parse(expires_at) > now;
}

/** The body of the messages about an event: https://www.standardwebhooks.com, "Payload structure". */
export function bodyOfEvent({ type, at, image }: AnnouncedEvent): string {
  return JSON.stringify({ type, timestamp: at, data: image });
}
