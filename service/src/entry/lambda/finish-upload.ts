import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { composeLambdaDeps } from '../../compose/lambda.ts';
import { finishArrivedUpload } from '../../operations/background/finish-upload.ts';
import { queueHandlerFor } from './queue-handler.ts';
import { finishJobsOf } from './s3-event.ts';

const deps = composeLambdaDeps({ createUploads: createAwsUploads });

export const handler = queueHandlerFor(async (text) => {
  for (const job of finishJobsOf(text)) await finishArrivedUpload(deps, job);
}, deps.log);
