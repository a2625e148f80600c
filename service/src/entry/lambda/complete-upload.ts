import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { loadFunctionPresigner } from '../../compose/lambda-cdn.ts';
import { completeUploadRoute } from '../../http/routes/complete-upload.ts';
import { handlerFor } from './handler.ts';

export const handler = handlerFor(completeUploadRoute, {
  createUploads: createAwsUploads,
  presignRead: await loadFunctionPresigner(),
});
