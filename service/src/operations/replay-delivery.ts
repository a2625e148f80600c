import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { isImageId } from '../domain/image-id.ts';
import type { Delivery } from '../domain/webhook-delivery.ts';
import { eventOfDelivery } from '../domain/webhook-event.ts';
import type { Deps } from './deps.ts';
import { eventOf } from './steps/audit.ts';
import { partsOfWebhooks, webhookNamed } from './steps/webhooks.ts';

export interface ReplayDeliveryInput {
  readonly webhook_id: string;
  readonly delivery_id: string;
}

/** How often it is begun anew where the delivery is tried at the same time. */
const TRIES = 10;

/**
 * Sends a message once more, with the id that it had, however it ended before; and again, as a new one, if that
 * fails. A job does it at once; were that lost, whoever looks for what is due.
 */
export async function replayDelivery(
  deps: Pick<Deps, 'webhooks' | 'audit' | 'clock' | 'jobs'>,
  caller: Caller,
  { webhook_id, delivery_id }: ReplayDeliveryInput,
): Promise<Delivery> {
  const { registry, deliveries } = partsOfWebhooks(deps);
  const { disabled_at } = webhookNamed((await registry.read()).webhooks, webhook_id);
  if (disabled_at !== null) {
    throw new DomainError(
      'conflict',
      'The webhook is disabled: its receiver has said that it wants no more.',
    );
  }
  const event = eventOf(deps, { caller, action: 'replay-delivery' }, { image_id: null, user_id: null });
  for (let tries = 1; tries <= TRIES; tries++) {
    const delivery = isImageId(delivery_id) ? await deliveries.get(webhook_id, delivery_id) : undefined;
    if (!delivery) throw new DomainError('not_found', 'There is no such delivery.');
    await deps.audit.record(event);
    const next_try_at = new Date(deps.clock.now()).toISOString();
    const replayed: Delivery = { ...delivery, state: 'waiting', tries: 0, next_try_at };
    if (!(await deliveries.replace(delivery, replayed))) continue;
    await deps.jobs.enqueue({ kind: 'announce-event', event: eventOfDelivery(delivery), webhook_id });
    return replayed;
  }
  throw new DomainError('conflict', 'The delivery is being tried all the time. Try again.');
}
