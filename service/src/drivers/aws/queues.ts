import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { JOB_KINDS, type JobKind } from '../../domain/job.ts';
import { TRIES_OF_A_JOB } from './job-message.ts';

/** Where the jobs of a queue lie that have failed for good. */
export function deadLettersOf(queue: string): string {
  return `${queue}-dead`;
}

/** The queue of a kind of job, by the name or URL of the queue of all that have none of their own. */
export function queueOfKind(jobs: string, kind: JobKind): string {
  return kind === 'clean-up-object' || kind === 'finish-upload' ? jobs : `${jobs}-${kind}`;
}

/** The queue of S3's events about uploads that have arrived, by the name or URL of the queue of jobs. */
export function queueOfUploads(jobs: string): string | undefined {
  return jobs.endsWith('-jobs') ? jobs.replace(/-jobs$/, '-uploads') : undefined;
}

/** All queues that an installation may have, by the URL of the first; the others need not be there. */
export function queuesOf(jobs: string): readonly [string, ...string[]] {
  const others = new Set(JOB_KINDS.map((kind) => queueOfKind(jobs, kind)));
  others.delete(jobs);
  return [jobs, ...others, ...[queueOfUploads(jobs)].filter((queue) => queue !== undefined)];
}

/** Makes the queue of jobs and its dead-letter queue where they are not there yet. @returns the queue's URL. */
export async function makeJobQueue(client: SQSClient, name: string): Promise<string> {
  const deadLetters = await makeQueue(client, deadLettersOf(name));
  const QueueUrl = await makeQueue(client, name);
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['QueueArn'] }),
  );
  const policy = { deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: TRIES_OF_A_JOB };
  await client.send(
    new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: JSON.stringify(policy) } }),
  );
  return QueueUrl;
}

/** Making a queue that is there, with nothing said of its attributes, is no error. */
async function makeQueue(client: SQSClient, QueueName: string): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName }));
  if (QueueUrl === undefined) throw new Error('SQS made a queue without a URL.');
  return QueueUrl;
}
