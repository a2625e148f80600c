import { createAwsUploads } from '../../compose/aws-uploads.ts';
import { composeLambdaHome } from '../../compose/lambda.ts';
import { measuredWork } from '../../compose/observed/measured-work.ts';
import type { FinishUpload } from '../../domain/job.ts';
import { finishArrivedUpload } from '../../operations/background/finish-upload.ts';
import { queueHandlerFor } from './queue-handler.ts';
import { finishJobsOf } from './s3-event.ts';

const { deps, metrics, attemptOf } = composeLambdaHome({ createUploads: createAwsUploads });

const finish = measuredWork(metrics, (job: FinishUpload) => finishArrivedUpload(deps, job));

export const handler = queueHandlerFor(async (text, received) => {
  for (const job of finishJobsOf(text)) await finish(job, attemptOf(received));
}, deps.log);
