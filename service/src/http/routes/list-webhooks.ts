import { listWebhooks } from '../../operations/list-webhooks.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { webhookBody } from '../webhook-body.ts';
import { webhookListSchema } from '../webhook-schemas.ts';
import { noQuery } from './parameters.ts';

export const listWebhooksRoute: Route = {
  operation: 'list-webhooks',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const items = (await listWebhooks(app.deps)).map(webhookBody);
    return jsonAnswer({ items, count: items.length }, 200);
  },
  describe: () => ({
    tags: ['webhooks'],
    summary: 'List who is told of changes',
    description: 'All of them, the oldest first, without their secrets.',
    responses: {
      200: {
        description: 'All webhooks.',
        content: { 'application/json': { schema: webhookListSchema } },
      },
    },
  }),
};
