import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { loadFunctionSigningSecrets } from '../../compose/lambda-signing.ts';
import { listDeliveriesRoute } from '../../http/routes/list-deliveries.ts';
import { handlerFor } from './handler.ts';

const signingSecrets = await loadFunctionSigningSecrets();

export const handler = handlerFor(listDeliveriesRoute, { signingSecrets, openWebhooks: openAwsWebhooks });
