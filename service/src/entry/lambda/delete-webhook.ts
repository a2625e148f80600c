import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { deleteWebhookRoute } from '../../http/routes/delete-webhook.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(deleteWebhookRoute, { openWebhooks: openAwsWebhooks });
