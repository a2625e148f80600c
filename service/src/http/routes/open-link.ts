import { openLink } from '../../operations/open-link.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { linkIdOf, linkIdPath, noQuery } from './parameters.ts';

export const openLinkRoute: Route = {
  operation: 'open-link',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const input = { link_id: linkIdOf(c), counts: c.req.method === 'GET' };
    const { url, image_id } = await openLink(app.deps, input);
    // For the log: which image was seen, and never by which link.
    c.set('imageId', image_id);
    return c.body(null, 302, {
      location: url,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
  },
  describe: () => ({
    tags: ['links'],
    summary: 'See an image by its link',
    description:
      "A redirect to the image's bytes, at a URL that ends in five to ten minutes, or with the link. Each GET that " +
      'is answered so is counted; HEAD is not. 404 for what is unknown, revoked or expired, and where the image ' +
      'is gone or in the trash.',
    requestParams: { path: linkIdPath },
    responses: {
      302: { description: 'The bytes are there.', headers: { Location: { schema: { type: 'string' } } } },
    },
  }),
};
