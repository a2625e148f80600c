import { deleteWebhook } from '../../operations/delete-webhook.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { noQuery } from './parameters.ts';
import { webhookIdOf, webhookPath } from './webhook-parameters.ts';

export const deleteWebhookRoute: Route = {
  operation: 'delete-webhook',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    await deleteWebhook(app.deps, c.var.caller, webhookIdOf(c));
    return c.body(null, 204);
  },
  describe: () => ({
    tags: ['webhooks'],
    summary: 'Be told no more',
    description: 'What was still to be sent is not sent.',
    requestParams: { path: webhookPath },
    responses: { 204: { description: 'It is gone.' } },
  }),
};
