import { Duration, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { TRIES_OF_A_JOB } from '../../service/src/drivers/aws/job-message.ts';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow, QueueName } from '../../service/src/operations/manifest-rows.ts';
import { pascalCase } from './functions.ts';
import type { Names } from './names.ts';
import { queuesOf } from './rows.ts';
import type { Stage } from './stages.ts';

/** The queues that feed functions, each with its dead-letter queue. */
export function makeQueues(
  stack: Stack,
  names: Names,
  stage: Stage,
): { readonly uploads: Queue; readonly processImage: Queue } {
  const queues = new Map(
    queuesOf(stage).map((name) => [name, makeQueue(stack, pascalCase(name), names, name)]),
  );
  const [uploads, processImage] = [queues.get('uploads'), queues.get('process-image')];
  if (!uploads || !processImage) throw new Error('The manifest has no function that S3 or GuardDuty tell.');
  return { uploads: fedByBucket(stack, uploads, names), processImage };
}

function makeQueue(stack: Stack, id: string, names: Names, name: QueueName): Queue {
  const { queue: queueName, deadLetters } = names.queues[name];
  const common = {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  };
  return new Queue(stack, id, {
    ...common,
    queueName,
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    visibilityTimeout: Duration.seconds(6 * longestTimeoutAt(name)),
    deadLetterQueue: {
      queue: new Queue(stack, `${id}DeadLetters`, { ...common, queueName: deadLetters }),
      maxReceiveCount: TRIES_OF_A_JOB,
    },
  });
}

/** Of the functions that a queue feeds. */
function longestTimeoutAt(queue: QueueName): number {
  const fed = BACKGROUND.filter(
    ({ trigger }: BackgroundRow) => 'queue' in trigger && trigger.queue === queue,
  );
  return Math.max(...fed.map(({ timeout_seconds }) => timeout_seconds));
}

/** S3 may send, for the one bucket, which is named and not referred to: it needs this before it is made. */
function fedByBucket(stack: Stack, queue: Queue, { bucket }: Names): Queue {
  const bucketArn = stack.formatArn({ service: 's3', region: '', account: '', resource: bucket });
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'BucketTellsOfUploads',
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnEquals: { 'aws:SourceArn': bucketArn },
        StringEquals: { 'aws:SourceAccount': stack.account },
      },
    }),
  );
  return queue;
}
