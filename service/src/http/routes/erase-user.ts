import { eraseUser } from '../../operations/erase-user.ts';
import { getUsageInput } from '../../operations/get-usage.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { noQuery, userIdOf } from './parameters.ts';

export const eraseUserRoute: Route = {
  operation: 'erase-user',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const { user_id } = validate(getUsageInput, { user_id: userIdOf(c) });
    await eraseUser(app.deps, c.var.caller, user_id);
    return c.body(null, 202);
  },
  describe: () => ({
    tags: ['users'],
    summary: 'Erase all images of a user',
    description:
      'All that they have by now, the trash and uploads under way included, for good. It is done in the ' +
      'background; `GET /users/{user_id}/usage` tells how far it is.',
    requestParams: { path: getUsageInput },
    responses: { 202: { description: 'It will be done.' } },
  }),
};
