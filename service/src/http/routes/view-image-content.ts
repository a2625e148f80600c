import { viewImageContent } from '../../operations/view-image-content.ts';
import type { Route } from '../context.ts';
import { dispositionOf, dispositionQuery, imageIdOf, imageIdPath } from './parameters.ts';

export const viewImageContentRoute: Route = {
  operation: 'view-image-content',
  async handle(c, app) {
    const input = { image_id: imageIdOf(c), disposition: dispositionOf(c) };
    const { url } = await viewImageContent(app.deps, c.var.caller, input);
    return c.body(null, 302, { location: url, 'cache-control': 'private, no-store' });
  },
  describe: () => ({
    summary: "Go to an image's bytes",
    description: 'A redirect to the presigned URL, for `<img src>` and `curl -L`.',
    requestParams: { path: imageIdPath, query: dispositionQuery },
    responses: {
      302: { description: 'The bytes are there.', headers: { Location: { schema: { type: 'string' } } } },
    },
  }),
};
