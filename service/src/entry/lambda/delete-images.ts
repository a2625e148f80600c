import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { deleteImagesRoute } from '../../http/routes/delete-images.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(deleteImagesRoute, { createUploads: createAwsUploads });
