import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { deleteImageRoute } from '../../http/routes/delete-image.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(deleteImageRoute, { createUploads: createAwsUploads });
