import * as z from 'zod';
import { replayDelivery } from '../../operations/replay-delivery.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { deliverySchema } from '../webhook-schemas.ts';
import { noQuery } from './parameters.ts';
import { webhookIdOf, webhookPath } from './webhook-parameters.ts';

export const replayDeliveryRoute: Route = {
  operation: 'replay-delivery',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const ids = { webhook_id: webhookIdOf(c), delivery_id: c.req.param('delivery_id') ?? '' };
    return jsonAnswer(await replayDelivery(app.deps, c.var.caller, ids), 202);
  },
  describe: () => ({
    tags: ['webhooks'],
    summary: 'Send a message once more',
    description: 'With the same `webhook-id`, however it ended before.',
    requestParams: { path: webhookPath.extend({ delivery_id: z.uuid() }) },
    responses: {
      202: {
        description: 'It will be sent.',
        content: { 'application/json': { schema: deliverySchema } },
      },
    },
  }),
};
