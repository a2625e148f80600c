import { listImages, listImagesQuery } from '../../operations/list-images.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { summaryBody } from '../image-body.ts';
import { queryOf, validate } from '../input.ts';
import { imageListSchema } from '../schemas.ts';

export const listImagesRoute: Route = {
  operation: 'list-images',
  async handle(c, app) {
    const query = validate(listImagesQuery, queryOf(c, ['tag']));
    const { items, last_evaluated_key } = await listImages(app.deps, c.get('caller'), query);
    return jsonAnswer({ items: items.map(summaryBody), count: items.length, last_evaluated_key }, 200);
  },
  describe: () => ({
    summary: 'List images',
    description: 'Images that meet all of the filters, newest first unless `order` says otherwise.',
    requestParams: { query: listImagesQuery },
    responses: {
      200: { description: 'One page.', content: { 'application/json': { schema: imageListSchema } } },
    },
  }),
};
