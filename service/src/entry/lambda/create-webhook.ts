import { openWebhookSender } from '../../compose/webhook-sender.ts';
import { createWebhookRoute } from '../../http/routes/create-webhook.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(createWebhookRoute, { openSender: openWebhookSender });
