import { rotateWebhookSecret } from '../../operations/rotate-webhook-secret.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { webhookBody } from '../webhook-body.ts';
import { webhookWithSecretSchema } from '../webhook-schemas.ts';
import { noQuery } from './parameters.ts';
import { webhookIdOf, webhookPath } from './webhook-parameters.ts';

export const rotateWebhookSecretRoute: Route = {
  operation: 'rotate-webhook-secret',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const { webhook, secret } = await rotateWebhookSecret(app.deps, c.var.caller, webhookIdOf(c));
    return jsonAnswer({ ...webhookBody(webhook), secret }, 200);
  },
  describe: () => ({
    tags: ['webhooks'],
    summary: 'Give a webhook another secret',
    description:
      'For a day messages are signed with both, so that receivers can be changed without missing one.',
    requestParams: { path: webhookPath },
    responses: {
      200: {
        description: 'The webhook, with its new secret.',
        content: { 'application/json': { schema: webhookWithSecretSchema } },
      },
    },
  }),
};
