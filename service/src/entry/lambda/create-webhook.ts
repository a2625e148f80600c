import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { createWebhookRoute } from '../../http/routes/create-webhook.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(createWebhookRoute, { openWebhooks: openAwsWebhooks });
