import { imageChange, updateImage } from '../../operations/update-image.ts';
import { imageAnswer } from '../answer.ts';
import { jsonBody } from '../body/json-body.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { imageSchema } from '../schemas.ts';
import { ifMatchHeader, imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const updateImageRoute: Route = {
  operation: 'update-image',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const output = await updateImage(app.deps, c.var.caller, {
      image_id: imageIdOf(c),
      change: validate(imageChange, await jsonBody(c)),
      if_match: c.req.header('if-match'),
    });
    return imageAnswer(output, 200);
  },
  describe: () => ({
    summary: "Change an image's metadata",
    description: 'A field that is left out stays as it is; null, or for tags an empty list, clears it.',
    requestParams: { path: imageIdPath, header: ifMatchHeader },
    requestBody: { required: true, content: { 'application/json': { schema: imageChange } } },
    responses: {
      200: {
        description: 'The image as it is now.',
        headers: { ETag: { schema: { type: 'string' } } },
        content: { 'application/json': { schema: imageSchema } },
      },
    },
  }),
};
