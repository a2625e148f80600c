import type { Caller } from '../../domain/caller.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Webhook } from '../../domain/webhook-delivery.ts';
import type { WebhookRegistry } from '../../ports/webhooks.ts';
import type { Deps, WebhookParts } from '../deps.ts';
import type { OperationName } from '../manifest.ts';
import { eventOf } from './audit.ts';

/** How often a change is made anew of what somebody else has just written. */
const TRIES = 10;

/** What is to be made of the webhooks; where nothing is left to be changed, they themselves. */
export type ChangeWebhooks = (webhooks: readonly Webhook[]) => readonly Webhook[];

/** @throws DomainError `not_configured` where nobody is told of changes. */
export function partsOfWebhooks({ webhooks }: Pick<Deps, 'webhooks'>): WebhookParts {
  if (webhooks) return webhooks;
  throw new DomainError('not_configured', 'Webhooks are switched off here: the operator sets WEBHOOKS.');
}

/** @throws DomainError `not_found` */
export function webhookNamed(webhooks: readonly Webhook[], webhook_id: string): Webhook {
  const found = webhooks.find((webhook) => webhook.webhook_id === webhook_id);
  if (!found) throw new DomainError('not_found', 'There is no such webhook.');
  return found;
}

/**
 * Writes a change of the webhooks, whatever others change at the same time.
 * @param change called again where they have, or where its own write is there and nobody knew: it must find that
 *   done. What it throws is thrown.
 * @param doing by whom: written down before it is done, so that no change goes unrecorded.
 */
export async function changeWebhooks(
  deps: Pick<Deps, 'webhooks' | 'audit' | 'clock'>,
  { caller, action }: { readonly caller: Caller; readonly action: OperationName },
  change: ChangeWebhooks,
): Promise<void> {
  const { registry } = partsOfWebhooks(deps);
  const event = eventOf(deps, { caller, action }, { image_id: null, user_id: null });
  await rewriteWebhooks(registry, change, () => deps.audit.record(event));
}

/** The same for what nobody has asked for. @param before done before each try to write. */
export async function rewriteWebhooks(
  registry: WebhookRegistry,
  change: ChangeWebhooks,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries++) {
    const { revision, webhooks } = await registry.read();
    const next = change(webhooks);
    if (next === webhooks) return;
    await before();
    if (await registry.write(revision, next)) return;
  }
  throw new DomainError('conflict', 'Others were changing the webhooks all the time. Try again.');
}
