import { getUsage, getUsageInput } from '../../operations/get-usage.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { usageSchema } from '../schemas.ts';
import { noQuery, userIdOf } from './parameters.ts';

export const getUsageRoute: Route = {
  operation: 'get-usage',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const input = validate(getUsageInput, { user_id: userIdOf(c) });
    return jsonAnswer(await getUsage(app.deps, c.var.caller, input), 200);
  },
  describe: () => ({
    tags: ['users'],
    summary: "See a user's quota",
    description: 'How many images and bytes they have, uploads under way included, and may have.',
    requestParams: { path: getUsageInput },
    responses: {
      200: {
        description: 'What is used, and the limits.',
        content: { 'application/json': { schema: usageSchema } },
      },
    },
  }),
};
