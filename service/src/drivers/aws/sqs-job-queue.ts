import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { unavailable } from '../../domain/errors.ts';
import { type Attempt, delayOf, type Job } from '../../domain/job.ts';
import type { JobQueue } from '../../ports/job-queue.ts';
import type { Log } from '../../ports/log.ts';
import type { OutboxKey } from './dynamo-job-outbox.ts';
import { attemptOf, messageOf, receivedJob } from './job-message.ts';
import { queueOfKind } from './queues.ts';

/** The longest that SQS lets one wait for a message. */
const LONG_POLL_SECONDS = 20;

const AFTER_FAILURE_MS = 5_000;

export interface SqsOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
}

export interface SqsQueues extends SqsOptions {
  /** Whether kinds of jobs have queues of their own (`queueOfKind`). */
  readonly queuePerKind?: boolean;
}

export interface SqsJobQueue extends JobQueue {
  /** @param noted where the job is written down; whoever is handed it removes the note. */
  enqueue(job: Job, noted?: OutboxKey): Promise<void>;
}

/** Jobs as messages. What fails comes back after the queue's visibility timeout, and in the end to its DLQ. */
export function createSqsJobQueue(
  { client, queueUrl, queuePerKind = false }: SqsQueues,
  delaySeconds: (job: Job) => number = delayOf,
): SqsJobQueue {
  return {
    async enqueue(job, noted) {
      try {
        await client.send(
          new SendMessageCommand({
            QueueUrl: queuePerKind ? queueOfKind(queueUrl, job.kind) : queueUrl,
            MessageBody: messageOf(job, noted),
            DelaySeconds: delaySeconds(job),
          }),
        );
      } catch (error) {
        throw unavailable('The job queue cannot do this now.', error);
      }
    },
  };
}

/** What is done with the jobs that a queue hands out. */
export interface SqsWork {
  readonly work: (job: Job, attempt: Attempt) => Promise<void>;
  /** Removes the note of a job that has arrived here. */
  readonly forget: (noted: OutboxKey) => Promise<void>;
  readonly log: Log;
  readonly afterFailureMs?: number;
}

/**
 * Does the jobs of a queue, one after another, until it is stopped: for servers; functions are fed by AWS.
 * A job that fails, or a message that is none, is logged and stays in the queue, which hands it out again
 * after a while and in the end lays it aside; the others go on meanwhile.
 */
export function startSqsWorker(
  { client, queueUrl }: SqsOptions,
  { work, forget, log, afterFailureMs = AFTER_FAILURE_MS }: SqsWork,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const finish = async ({ MessageId, Body, ReceiptHandle, Attributes }: Message) => {
    try {
      const { job, noted } = receivedJob(Body ?? '');
      if (noted) await forget(noted);
      await work(job, attemptOf(Attributes?.ApproximateReceiveCount));
      await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
    } catch (error) {
      log.error({ err: error, message_id: MessageId }, 'a job has failed; it will be tried again');
    }
  };
  const run = async () => {
    while (!signal.aborted) {
      try {
        for (const message of await receive({ client, queueUrl }, signal)) {
          // What is left of a batch then comes again, to whoever works next.
          if (signal.aborted) return;
          await finish(message);
        }
      } catch (error) {
        if (signal.aborted) return;
        log.error({ err: error }, 'the job queue cannot be read; it will be tried again');
        await sleep(afterFailureMs, undefined, { signal }).catch(() => {});
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

/** One message at a time: the time in which it must be done begins for all that are handed out together. */
async function receive({ client, queueUrl }: SqsOptions, signal: AbortSignal): Promise<readonly Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    WaitTimeSeconds: LONG_POLL_SECONDS,
    MaxNumberOfMessages: 1,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
  });
  const { Messages } = await client.send(command, { abortSignal: signal });
  return Messages ?? [];
}
