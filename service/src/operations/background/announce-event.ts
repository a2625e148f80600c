import type { AnnounceEvent } from '../../domain/job.ts';
import { newDelivery, type Webhook } from '../../domain/webhook-delivery.ts';
import type { Deps } from '../deps.ts';
import { type SendDeps, sendClaimed, tryDelivery } from '../steps/send-delivery.ts';

/**
 * Makes a delivery of an event for each webhook that wants to be told, and tries it once. What is there already is
 * not made again: of a job that is done twice, those are tried that are due.
 */
export async function announceEvent(
  { webhooks, ...deps }: Pick<Deps, 'webhooks' | 'clock' | 'log'>,
  job: AnnounceEvent,
): Promise<void> {
  // Switched off since it was queued.
  if (!webhooks) return;
  const { webhooks: all } = await webhooks.registry.read();
  const meant = all.filter((webhook) => webhook.disabled_at === null && isMeant(webhook, job));
  const outcomes = await Promise.allSettled(
    meant.map((webhook) => deliver({ ...deps, webhooks }, webhook, job)),
  );
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
}

function isMeant({ webhook_id, events }: Webhook, job: AnnounceEvent): boolean {
  return job.webhook_id === undefined ? events.includes(job.event.type) : job.webhook_id === webhook_id;
}

async function deliver(deps: SendDeps, webhook: Webhook, { event }: AnnounceEvent): Promise<void> {
  const { deliveries } = deps.webhooks;
  const delivery = newDelivery(webhook.webhook_id, event, deps.clock.now());
  if (await deliveries.insert(delivery)) return sendClaimed(deps, webhook, delivery);
  const known = await deliveries.get(delivery.webhook_id, delivery.delivery_id);
  if (known) await tryDelivery(deps, webhook, known);
}
