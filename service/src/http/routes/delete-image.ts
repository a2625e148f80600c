import { deleteImage } from '../../operations/delete-image.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { ifMatchHeader, imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const deleteImageRoute: Route = {
  operation: 'delete-image',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    await deleteImage(app.deps, c.var.caller, { image_id: imageIdOf(c), if_match: c.req.header('if-match') });
    return c.body(null, 204);
  },
  describe: {
    summary: 'Delete an image',
    description: 'Its bytes and its metadata, for good.',
    requestParams: { path: imageIdPath, header: ifMatchHeader },
    responses: { 204: { description: 'It is gone.' } },
  },
};
