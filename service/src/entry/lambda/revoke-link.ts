import { openAwsLinks } from '../../compose/aws-links.ts';
import { revokeLinkRoute } from '../../http/routes/revoke-link.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(revokeLinkRoute, { openLinks: openAwsLinks });
