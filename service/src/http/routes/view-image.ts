import { viewImage } from '../../operations/view-image.ts';
import { sameImageAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { imageSchema } from '../schemas.ts';
import { dispositionOf, dispositionQuery, imageIdOf, imageIdPath } from './parameters.ts';

export const viewImageRoute: Route = {
  operation: 'view-image',
  async handle(c, app) {
    const input = { image_id: imageIdOf(c), disposition: dispositionOf(c) };
    return sameImageAnswer(await viewImage(app.deps, c.get('caller'), input));
  },
  describe: () => ({
    summary: 'View an image',
    description: 'Its metadata, and a presigned URL of its bytes.',
    requestParams: { path: imageIdPath, query: dispositionQuery },
    responses: {
      200: {
        description: 'The image.',
        headers: { ETag: { schema: { type: 'string' } } },
        content: { 'application/json': { schema: imageSchema } },
      },
    },
  }),
};
