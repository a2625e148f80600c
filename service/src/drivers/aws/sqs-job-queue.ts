import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { unavailable } from '../../domain/errors.ts';
import type { Job } from '../../domain/job.ts';
import type { JobQueue } from '../../ports/job-queue.ts';
import type { Log } from '../../ports/log.ts';

/** A job starts no sooner: whatever request it cleans up after has long come to its end by then. */
const DELAY_SECONDS = 60;

/** The longest that SQS lets one wait for a message. */
const LONG_POLL_SECONDS = 20;

const AFTER_FAILURE_MS = 5_000;

export interface SqsOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
}

/** Jobs as messages. What fails comes back after the queue's visibility timeout, and in the end to its DLQ. */
export function createSqsJobQueue({ client, queueUrl }: SqsOptions, delaySeconds = DELAY_SECONDS): JobQueue {
  return {
    async enqueue(job) {
      try {
        await client.send(
          new SendMessageCommand({
            QueueUrl: queueUrl,
            MessageBody: JSON.stringify(job),
            DelaySeconds: delaySeconds,
          }),
        );
      } catch (error) {
        throw unavailable('The job queue cannot do this now.', error);
      }
    },
  };
}

/** A message's body as the job that it is. */
export function jobFromMessage(body: string): Job {
  return JSON.parse(body) as Job;
}

/** Does the jobs of a queue, one after another, until it is stopped: for servers; functions are fed by AWS. */
export function startSqsWorker(
  { client, queueUrl }: SqsOptions,
  work: (job: Job) => Promise<void>,
  log: Log,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await workOnce({ client, queueUrl }, work, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ err: error }, 'a job has failed; it will be tried again');
        await sleep(AFTER_FAILURE_MS, stopping.signal);
      }
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function workOnce(
  { client, queueUrl }: SqsOptions,
  work: (job: Job) => Promise<void>,
  abortSignal: AbortSignal,
): Promise<void> {
  const { Messages } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: LONG_POLL_SECONDS }),
    { abortSignal },
  );
  for (const { Body, ReceiptHandle } of Messages ?? []) {
    await work(jobFromMessage(Body ?? ''));
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
