import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { startUploadRoute } from '../../http/routes/start-upload.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(startUploadRoute, { createUploads: createAwsUploads });
