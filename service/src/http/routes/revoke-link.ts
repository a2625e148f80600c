import { revokeLink } from '../../operations/revoke-link.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { imageIdOf, imageIdPath, linkIdOf, linkIdPath, noQuery } from './parameters.ts';

export const revokeLinkRoute: Route = {
  operation: 'revoke-link',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    await revokeLink(app.deps, c.var.caller, { image_id: imageIdOf(c), link_id: linkIdOf(c) });
    return c.body(null, 204);
  },
  describe: () => ({
    tags: ['links'],
    summary: 'Revoke a link',
    description:
      'At once. The URL of the bytes that it has led somebody to before lives for up to ten minutes more.',
    requestParams: { path: imageIdPath.extend(linkIdPath.shape) },
    responses: { 204: { description: 'Nobody sees the image by it any more.' } },
  }),
};
