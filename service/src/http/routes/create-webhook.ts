import { createWebhook, newWebhook } from '../../operations/create-webhook.ts';
import { jsonAnswer } from '../answer.ts';
import { jsonBody } from '../body/json-body.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { webhookBody } from '../webhook-body.ts';
import { webhookWithSecretSchema } from '../webhook-schemas.ts';
import { noQuery } from './parameters.ts';

export const createWebhookRoute: Route = {
  operation: 'create-webhook',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const input = validate(newWebhook, await jsonBody(c));
    const { webhook, secret } = await createWebhook(app.deps, c.var.caller, input);
    return jsonAnswer({ ...webhookBody(webhook), secret }, 201);
  },
  describe: () => ({
    tags: ['webhooks'],
    summary: 'Be told of changes',
    description:
      'A message is POSTed to the URL for each event, signed as https://www.standardwebhooks.com says, and tried again for ' +
      'three days until it is answered with 2xx. At most 20 webhooks.',
    requestBody: { required: true, content: { 'application/json': { schema: newWebhook } } },
    responses: {
      201: {
        description: 'The webhook, with its secret.',
        content: { 'application/json': { schema: webhookWithSecretSchema } },
      },
    },
  }),
};
