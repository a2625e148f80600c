import * as z from 'zod';
import { deleteImage } from '../../operations/delete-image.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { ifMatchHeader, imageIdOf, imageIdPath } from './parameters.ts';

const deletionQuery = z.strictObject({
  permanent: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'With `true`, past the trash, or out of it.' }),
});

export const deleteImageRoute: Route = {
  operation: 'delete-image',
  async handle(c, app) {
    const { permanent } = validate(deletionQuery, queryOf(c));
    await deleteImage(app.deps, c.var.caller, {
      image_id: imageIdOf(c),
      permanent: permanent === 'true',
      if_match: c.req.header('if-match'),
    });
    return c.body(null, 204);
  },
  describe: () => ({
    summary: 'Delete an image',
    description:
      'Its bytes and its metadata, for good; where the service keeps a trash, it can be restored from there for a while.',
    requestParams: { path: imageIdPath, query: deletionQuery, header: ifMatchHeader },
    responses: { 204: { description: 'It is gone.' } },
  }),
};
