import type { Webhook } from '../domain/webhook-delivery.ts';
import type { Deps } from './deps.ts';
import { partsOfWebhooks } from './steps/webhooks.ts';

/** All webhooks, the oldest first. They are admins' alone, as all that has to do with them: the scope says so. */
export async function listWebhooks(deps: Pick<Deps, 'webhooks'>): Promise<readonly Webhook[]> {
  const { webhooks } = await partsOfWebhooks(deps).registry.read();
  return webhooks;
}
