import { openAwsLinks } from '../../compose/aws-links.ts';
import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { openLinkRoute } from '../../http/routes/open-link.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(openLinkRoute, {
  presignRead: await loadFunctionPresigner(),
  openLinks: openAwsLinks,
});
