import { listDeliveries, listDeliveriesQuery } from '../../operations/list-deliveries.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { deliveryListSchema } from '../webhook-schemas.ts';
import { webhookIdOf, webhookPath } from './webhook-parameters.ts';

export const listDeliveriesRoute: Route = {
  operation: 'list-deliveries',
  async handle(c, app) {
    const query = validate(listDeliveriesQuery, queryOf(c));
    const input = { ...query, webhook_id: webhookIdOf(c) };
    const { items, last_evaluated_key } = await listDeliveries(app.deps, c.var.caller, input);
    return jsonAnswer({ items, count: items.length, last_evaluated_key }, 200);
  },
  describe: () => ({
    tags: ['webhooks'],
    summary: 'See what was sent',
    description: 'Messages to a webhook, newest first, and how far each is. They are kept for 7 days.',
    requestParams: { path: webhookPath, query: listDeliveriesQuery },
    responses: {
      200: {
        description: 'One page.',
        content: { 'application/json': { schema: deliveryListSchema } },
      },
    },
  }),
};
