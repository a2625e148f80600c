import { listWebhooksRoute } from '../../http/routes/list-webhooks.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(listWebhooksRoute);
