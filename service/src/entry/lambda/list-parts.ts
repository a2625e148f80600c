import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { listPartsRoute } from '../../http/routes/list-parts.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(listPartsRoute, { createUploads: createAwsUploads });
