import { openAwsLinks } from '../../compose/aws-links.ts';
import { listLinksRoute } from '../../http/routes/list-links.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(listLinksRoute, { openLinks: openAwsLinks });
