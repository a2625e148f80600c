import { openAwsLinks } from '../../compose/aws-links.ts';
import { createLinkRoute } from '../../http/routes/create-link.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(createLinkRoute, { openLinks: openAwsLinks });
