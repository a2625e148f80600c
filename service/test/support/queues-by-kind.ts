import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { JOB_KINDS, type JobKind } from '../../src/domain/job.ts';
import { makeJobQueue, queueOfKind } from '../../src/drivers/aws/queues.ts';
import type { AwsInstallation } from './make-installation.ts';

/** Makes the queues of an installation in which kinds of jobs have queues of their own, as on AWS. */
export async function makeQueuesByKind({ clients, storage }: AwsInstallation): Promise<void> {
  const jobs = storage.jobsQueueUrl.split('/').at(-1) ?? '';
  const names = new Set(JOB_KINDS.map((kind) => queueOfKind(jobs, kind)));
  await Promise.all([...names].map((name) => makeJobQueue(clients.sqs, name)));
}

/** Takes all that waits in the queue of a kind of job, and keeps those messages that hold a text, however they escape it. */
export async function takeJobs(
  { clients, storage }: Pick<AwsInstallation, 'storage'> & { readonly clients: { readonly sqs: SQSClient } },
  kind: JobKind,
  holding: string,
): Promise<readonly string[]> {
  const QueueUrl = queueOfKind(storage.jobsQueueUrl, kind);
  const bodies: string[] = [];
  for (;;) {
    const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await clients.sqs.send(receive);
    if (Messages.length === 0) {
      return bodies.filter((body) => JSON.stringify(JSON.parse(body)).includes(holding));
    }
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(Body);
      await clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}
