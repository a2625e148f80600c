import { Duration, type Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { BACKGROUND, type FunctionName } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow, QueueName } from '../../service/src/operations/manifest-rows.ts';
import { type DeployedFunction, pascalCase } from './functions.ts';
import type { Names } from './names.ts';

/** Has queues and the clock start what works in the background; the edge calls by a URL (render-url.ts). */
export function triggerFunctions(
  stack: Stack,
  functions: ReadonlyMap<FunctionName, DeployedFunction>,
  names: Names,
  imagesStreamArn: string | undefined,
): void {
  const queueNamed = (id: string, { queue }: Names['queues'][QueueName]) =>
    Queue.fromQueueArn(stack, id, stack.formatArn({ service: 'sqs', resource: queue }));
  const queues: Readonly<Record<QueueName, IQueue>> = {
    jobs: queueNamed('Jobs', names.queues.jobs),
    uploads: queueNamed('Uploads', names.queues.uploads),
    'announce-event': queueNamed('AnnounceEventJobs', names.queues['announce-event']),
    'process-image': queueNamed('ProcessImageJobs', names.queues['process-image']),
    'withdraw-image': queueNamed('WithdrawImageJobs', names.queues['withdraw-image']),
    'erase-images': queueNamed('EraseImagesJobs', names.queues['erase-images']),
    'sync-search': queueNamed('SyncSearchJobs', names.queues['sync-search']),
  };
  const made = new Set([...functions.values()].map(({ row }) => row.name));
  for (const { name, trigger } of BACKGROUND as readonly (BackgroundRow & { name: FunctionName })[]) {
    if ('edge' in trigger || !made.has(name)) continue;
    const deployed = functions.get(name);
    if (!deployed) throw new Error(`${name} has no function.`);
    if ('queue' in trigger) {
      feed(deployed, queues[trigger.queue], FEEDING[trigger.queue]);
      if (trigger.stream && imagesStreamArn !== undefined) follow(stack, deployed, imagesStreamArn, names);
    } else start(stack, deployed, trigger.every_minutes);
  }
}

/** How much a function is handed at once, and how many of it there may be for its queue. */
interface Feeding {
  readonly batchSize: number;
  readonly maxConcurrency: number;
}

const USUAL: Feeding = { batchSize: 10, maxConcurrency: 5 };

const FEEDING: Readonly<Record<QueueName, Feeding>> = {
  jobs: USUAL,
  uploads: USUAL,
  // Each waits for the slowest of up to 20 receivers.
  'announce-event': { batchSize: 1, maxConcurrency: 50 },
  // A batch has to be done within the function's timeout: a decoder may take 20 seconds for an image. Most take
  // half a second, of which each upload has one.
  'process-image': { batchSize: 5, maxConcurrency: 200 },
  'withdraw-image': USUAL,
  // Each removes hundreds of images.
  'erase-images': { batchSize: 1, maxConcurrency: 2 },
  'sync-search': USUAL,
};

function feed({ live }: DeployedFunction, queue: IQueue, { batchSize, maxConcurrency }: Feeding): void {
  live.addEventSource(
    new SqsEventSource(queue, {
      batchSize,
      // Nobody waits for others where each comes alone.
      ...(batchSize > 1 ? { maxBatchingWindow: Duration.seconds(1) } : {}),
      maxConcurrency,
      reportBatchItemFailures: true,
    }),
  );
}

/**
 * Hands a function the changes of a table, each image's in their order, though it needs none. What it cannot do is
 * halved until one is left, tried again, and after that told of in a queue: where in the stream it was, and no more.
 */
function follow(stack: Stack, { row, live }: DeployedFunction, streamArn: string, names: Names): void {
  const lostChanges = stack.formatArn({ service: 'sqs', resource: names.lostChanges });
  new CfnEventSourceMapping(stack, `${pascalCase(row.name)}Stream`, {
    functionName: live.functionArn,
    eventSourceArn: streamArn,
    // What changed while the function was being made is not missed.
    startingPosition: 'TRIM_HORIZON',
    batchSize: 100,
    maximumBatchingWindowInSeconds: 1,
    parallelizationFactor: 1,
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: 10,
    // Streams keep no more.
    maximumRecordAgeInSeconds: 86_400,
    functionResponseTypes: ['ReportBatchItemFailures'],
    destinationConfig: { onFailure: { destination: lostChanges } },
  });
}

/**
 * An event of the clock that cannot be delivered is tried until the next one is due, which does as well. It says
 * nothing that would be worth keeping in a dead-letter queue: an alarm tells of it (watch.ts).
 */
function start(stack: Stack, { row, name, live }: DeployedFunction, everyMinutes: number): void {
  const interval = Duration.minutes(everyMinutes);
  new Rule(stack, `${pascalCase(row.name)}Clock`, {
    ruleName: name,
    description: `Starts ${row.name}.`,
    schedule: Schedule.rate(interval),
    targets: [new LambdaFunction(live, { maxEventAge: interval, retryAttempts: 5 })],
  });
}
