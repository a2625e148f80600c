import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { replayDeliveryRoute } from '../../http/routes/replay-delivery.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(replayDeliveryRoute, { openWebhooks: openAwsWebhooks });
