import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { rotateWebhookSecretRoute } from '../../http/routes/rotate-webhook-secret.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(rotateWebhookSecretRoute, { openWebhooks: openAwsWebhooks });
