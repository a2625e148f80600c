import { signedHeaders } from '../../domain/webhook.ts';
import {
  CLAIM_MS,
  type Delivery,
  type LastTry,
  pauseAfterTries,
  secretsAt,
  type Webhook,
} from '../../domain/webhook-delivery.ts';
import type { WebhookTry } from '../../ports/webhook-sender.ts';
import type { Deps, WebhookParts } from '../deps.ts';
import { rewriteWebhooks } from './webhooks.ts';

export type SendDeps = Pick<Deps, 'clock' | 'log'> & { readonly webhooks: WebhookParts };

/** What a receiver answers that wants no more (Standard Webhooks, "Delivery status"). */
const GONE = 410;

/**
 * Tries a delivery if it is due, unless somebody else does: whoever claims it first sends it.
 * @param webhook undefined where there is none any more: then it has failed.
 * @returns whether it was this one's to settle.
 */
export async function tryDelivery(
  deps: SendDeps,
  webhook: Webhook | undefined,
  delivery: Delivery,
): Promise<boolean> {
  const { deliveries } = deps.webhooks;
  const now = deps.clock.now();
  if (delivery.next_try_at === null || Date.parse(delivery.next_try_at) > now) return false;
  if (!webhook || webhook.disabled_at !== null) {
    return deliveries.replace(delivery, { ...delivery, state: 'failed', next_try_at: null });
  }
  const claimed = { ...delivery, next_try_at: new Date(now + CLAIM_MS).toISOString() };
  if (!(await deliveries.replace(delivery, claimed))) return false;
  await sendClaimed(deps, webhook, claimed);
  return true;
}

/**
 * Sends a delivery that is claimed, and writes down how that has ended. If this process ends between the two it is
 * sent again, once the claim has run out: a message comes at least once.
 */
export async function sendClaimed(deps: SendDeps, webhook: Webhook, delivery: Delivery): Promise<void> {
  const { clock, log, webhooks } = deps;
  const { webhook_id, delivery_id, event_id, body } = delivery;
  // The receiver holds it against its own clock: ours of record may be ahead of all others.
  const signed_at = clock.machine?.() ?? clock.now();
  const headers = signedHeaders({ message_id: event_id, body }, secretsAt(webhook, clock.now()), signed_at);
  const outcome = await webhooks.sender.post(new URL(webhook.url), headers, body);
  const next = afterTry(delivery, outcome, clock.now());
  if (next.state === 'failed') {
    log.warn({ webhook_id, delivery_id, last_try: next.last_try }, 'a webhook could not be told of a change');
  }
  // Where it has been replayed meanwhile, that try counts.
  await webhooks.deliveries.replace(delivery, next);
  if (outcome.outcome === 'answered' && outcome.status === GONE) await disable(deps, webhook);
}

function afterTry(delivery: Delivery, outcome: WebhookTry, now: number): Delivery {
  const tries = delivery.tries + 1;
  const tried = { ...delivery, tries, last_try: lastTryOf(outcome, now) };
  if (outcome.outcome === 'delivered') return { ...tried, state: 'delivered', next_try_at: null };
  const isGone = outcome.outcome === 'answered' && outcome.status === GONE;
  const pause = isGone ? undefined : pauseAfterTries(tries);
  if (pause === undefined) return { ...tried, state: 'failed', next_try_at: null };
  return { ...tried, state: 'waiting', next_try_at: new Date(now + pause).toISOString() };
}

function lastTryOf(outcome: WebhookTry, now: number): LastTry {
  const at = new Date(now).toISOString();
  if (outcome.outcome === 'failed') return { at, outcome: outcome.reason, status: null };
  return { at, outcome: outcome.outcome, status: outcome.status };
}

async function disable({ clock, log, webhooks }: SendDeps, { webhook_id }: Webhook): Promise<void> {
  const disabled_at = new Date(clock.now()).toISOString();
  await rewriteWebhooks(webhooks.registry, (all) =>
    all.map((each) =>
      each.webhook_id === webhook_id && each.disabled_at === null ? { ...each, disabled_at } : each,
    ),
  );
  log.warn({ webhook_id }, 'a webhook is disabled: its receiver wants no more (410)');
}
