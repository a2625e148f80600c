import { listLinks } from '../../operations/list-links.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { linkBody } from '../link-body.ts';
import { linkListSchema } from '../link-schemas.ts';
import { imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const listLinksRoute: Route = {
  operation: 'list-links',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const links = await listLinks(app.deps, c.var.caller, imageIdOf(c));
    const items = links.map((link) => linkBody(link, app.publicUrl));
    return jsonAnswer({ items, count: items.length }, 200);
  },
  describe: () => ({
    tags: ['links'],
    summary: "List an image's links",
    description: 'Those that are neither expired nor revoked, newest first, with how often each was opened.',
    requestParams: { path: imageIdPath },
    responses: {
      200: { description: 'All of them.', content: { 'application/json': { schema: linkListSchema } } },
    },
  }),
};
