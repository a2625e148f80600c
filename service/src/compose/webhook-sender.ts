import type { WebhooksConfig } from '../config/webhooks.ts';
import { createWebhookSender } from '../drivers/webhooks/webhook-sender.ts';
import type { Log } from '../ports/log.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';

/** What sends messages, to the internet alone unless it is set otherwise. */
export function openWebhookSender(webhooks: WebhooksConfig, log: Log): WebhookSender {
  return createWebhookSender({ allowInternal: webhooks === 'internal', log });
}
