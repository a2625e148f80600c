import * as z from 'zod';
import { bulkDeletion, deleteImages } from '../../operations/delete-images.ts';
import { jsonAnswer } from '../answer.ts';
import { jsonBody } from '../body/json-body.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { statusOf } from '../problem.ts';
import { noQuery } from './parameters.ts';

const deletedSchema = z
  .strictObject({
    image_id: z.string(),
    status: z
      .int()
      .meta({ description: 'As `DELETE /images/{image_id}` would have answered.', example: 204 }),
    code: z.string().optional().meta({ description: 'Of a failure.', example: 'not_found' }),
    error: z.string().optional(),
  })
  .meta({ id: 'DeletedImage' });

const answerSchema = z
  .strictObject({ items: z.array(deletedSchema), count: z.int() })
  .meta({ id: 'DeletedImages' });

export const deleteImagesRoute: Route = {
  operation: 'delete-images',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const input = validate(bulkDeletion, await jsonBody(c));
    const outcomes = await deleteImages(app.deps, c.var.caller, input);
    const items = outcomes.map(({ image_id, failure }) =>
      failure
        ? { image_id, status: statusOf(failure.code), code: failure.code, error: failure.message }
        : { image_id, status: 204 },
    );
    return jsonAnswer({ items, count: items.length }, 200);
  },
  describe: () => ({
    summary: 'Delete several images',
    description:
      'Each for itself, with an answer for each: that one cannot be deleted does not keep the others.',
    requestBody: { required: true, content: { 'application/json': { schema: bulkDeletion } } },
    responses: {
      200: {
        description: 'What became of each.',
        content: { 'application/json': { schema: answerSchema } },
      },
    },
  }),
};
