import { listAuditEvents, listAuditEventsQuery } from '../../operations/list-audit-events.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { auditEventListSchema } from '../schemas.ts';

export const listAuditEventsRoute: Route = {
  operation: 'list-audit-events',
  async handle(c, app) {
    const query = validate(listAuditEventsQuery, queryOf(c));
    const { items, last_evaluated_key } = await listAuditEvents(app.deps, c.var.caller, query);
    return jsonAnswer({ items, count: items.length, last_evaluated_key }, 200);
  },
  describe: () => ({
    tags: ['audit'],
    summary: 'See who did what',
    description:
      'Changes of images, and what was refused to callers who are known, that meet all of the filters, newest first.',
    requestParams: { query: listAuditEventsQuery },
    responses: {
      200: { description: 'One page.', content: { 'application/json': { schema: auditEventListSchema } } },
    },
  }),
};
