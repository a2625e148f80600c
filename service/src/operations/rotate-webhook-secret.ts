import { randomBytes } from 'node:crypto';
import type { Caller } from '../domain/caller.ts';
import { rotatedSecrets, secretFrom, type Webhook } from '../domain/webhook-delivery.ts';
import type { CreateWebhookOutput } from './create-webhook.ts';
import type { Deps } from './deps.ts';
import { changeWebhooks, webhookNamed } from './steps/webhooks.ts';

/** Gives a webhook another secret. The one before signs as well for a day, so that no message is missed. */
export async function rotateWebhookSecret(
  deps: Pick<Deps, 'webhooks' | 'audit' | 'clock'>,
  caller: Caller,
  webhook_id: string,
): Promise<CreateWebhookOutput> {
  const secret = secretFrom(randomBytes(32));
  const now = deps.clock.now();
  const rotated = (webhook: Webhook): Webhook => ({
    ...webhook,
    secrets: rotatedSecrets(webhook.secrets, secret, now),
  });
  let webhook: Webhook | undefined;
  await changeWebhooks(deps, { caller, action: 'rotate-webhook-secret' }, (webhooks) => {
    const former = webhookNamed(webhooks, webhook_id);
    // It has it by the try before, whose answer was lost.
    const isDone = former.secrets.some((each) => each.secret === secret);
    const next = isDone ? former : rotated(former);
    webhook = next;
    if (isDone) return webhooks;
    return webhooks.map((each) => (each === former ? next : each));
  });
  if (!webhook) throw new Error('The webhooks were changed without being read.');
  return { webhook, secret };
}
