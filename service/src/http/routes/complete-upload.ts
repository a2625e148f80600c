import { completeUpload } from '../../operations/complete-upload.ts';
import { imageAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { imageSchema } from '../schemas.ts';
import { imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const completeUploadRoute: Route = {
  operation: 'complete-upload',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    return imageAnswer(await completeUpload(app.deps, c.var.caller, imageIdOf(c)), 200);
  },
  describe: () => ({
    summary: 'Complete a direct upload',
    description:
      'Verifies that the bytes are there and are those that were announced, and makes the image `ready`. Bytes ' +
      'that are not are removed, with the record. Done again it answers alike.',
    requestParams: { path: imageIdPath },
    responses: {
      200: {
        description: 'The image.',
        headers: { ETag: { schema: { type: 'string' } } },
        content: { 'application/json': { schema: imageSchema } },
      },
    },
  }),
};
