import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { listWebhooksRoute } from '../../http/routes/list-webhooks.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(listWebhooksRoute, { openWebhooks: openAwsWebhooks });
