import { listParts } from '../../operations/list-parts.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { partsSchema } from '../upload-schemas.ts';
import { imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const listPartsRoute: Route = {
  operation: 'list-parts',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    return jsonAnswer(await listParts(app.deps, c.var.caller, imageIdOf(c)), 200);
  },
  describe: () => ({
    summary: 'See how far an upload in parts has come',
    description: 'What has arrived, and fresh URLs for the rest: to take it up again after a break.',
    requestParams: { path: imageIdPath },
    responses: {
      200: {
        description: 'The parts.',
        content: { 'application/json': { schema: partsSchema } },
      },
    },
  }),
};
