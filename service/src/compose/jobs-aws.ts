import { setTimeout as pause } from 'node:timers/promises';
import type { AwsStorageConfig } from '../config/storage.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { createSqsClient } from '../drivers/aws/sqs-client.ts';
import { SqsDeadJobs } from '../drivers/aws/sqs-dead-jobs.ts';
import type { JobsHome } from './jobs-home.ts';

/** The jobs of the AWS home of the environment. */
export function openAwsJobs({ jobsQueueUrl: queueUrl }: AwsStorageConfig): JobsHome {
  if (queueUrl === '') throw new OperatorError('JOBS_QUEUE_URL must be the URL of the SQS queue for jobs.');
  const client = createSqsClient({});
  const jobs = new SqsDeadJobs({ client, queueUrl, pause: (milliseconds) => pause(milliseconds) });
  return { jobs, close: () => client.destroy() };
}
