import { GetQueueAttributesCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs';
import { DomainError, unavailable } from '../../domain/errors.ts';
import type { DeadJob, DeadJobs } from '../../ports/dead-jobs.ts';
import type { JobCount, JobCounter } from '../../ports/job-counts.ts';
import { eachDeadLetter, reviveLetter } from './dead-letters.ts';
import { awsErrorName } from './failures.ts';
import { TRIES_OF_A_JOB } from './job-message.ts';
import { moveDeadLetters } from './message-move.ts';
import { deadLettersOf, queuesOf } from './queues.ts';

export interface SqsDeadJobsOptions {
  readonly client: SQSClient;
  /** The URL of the queue of jobs; the others have names that begin like it. */
  readonly queueUrl: string;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Dead jobs as messages of dead-letter queues, by the id that SQS gave each. SQS lists nothing, it hands out: a
 * list has every message once, but for those that somebody else has in hand at the moment, and hides them from
 * others while it is made. Numbers are those of SQS, which says that they are about right. Why a job has failed
 * is in the logs alone.
 */
export class SqsDeadJobs implements DeadJobs, JobCounter {
  readonly #options: SqsDeadJobsOptions;

  constructor(options: SqsDeadJobsOptions) {
    this.#options = options;
  }

  async listDead(limit: number): Promise<DeadJob[]> {
    const { client } = this.#options;
    const found = await this.#atEachQueue(async (queue) => {
      const jobs: DeadJob[] = [];
      await eachDeadLetter(client, queue, async (message) => {
        jobs.push(deadJobOf(message));
        return jobs.length < limit ? 'stays' : 'enough';
      });
      return jobs;
    });
    return found.flat().slice(0, limit);
  }

  async retryDead(id: string | null): Promise<number> {
    const counts = await this.#atEachQueue((queue) =>
      id === null ? this.#retryAll(queue) : this.#moveByHand(queue, id),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  countJobs(): Promise<JobCount[]> {
    return this.#atEachQueue(async (queue) => {
      const [own, dead] = [await this.#lengthsOf(queue), await this.#lengthsOf(deadLettersOf(queue))];
      return {
        name: queue.slice(queue.lastIndexOf('/') + 1),
        waiting: own.visible + own.delayed,
        retried: null,
        in_hand: own.handedOut,
        dead: dead.visible + dead.delayed + dead.handedOut,
        failure: null,
      };
    });
  }

  async #retryAll(queue: string): Promise<number> {
    return (await moveDeadLetters(this.#options, queue)) ?? (await this.#moveByHand(queue, null));
  }

  /** Moves one dead letter, or with null all of them. @returns how many. */
  async #moveByHand(queue: string, id: string | null): Promise<number> {
    const { client } = this.#options;
    let moved = 0;
    await eachDeadLetter(client, queue, async (message) => {
      if (id !== null && message.MessageId !== id) return 'stays';
      await reviveLetter(client, queue, message);
      moved++;
      return id === null ? 'removed' : 'enough';
    });
    return moved;
  }

  async #lengthsOf(QueueUrl: string) {
    const { Attributes } = await this.#options.client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesDelayed',
          'ApproximateNumberOfMessagesNotVisible',
        ],
      }),
    );
    return {
      visible: Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0),
      delayed: Number(Attributes?.['ApproximateNumberOfMessagesDelayed'] ?? 0),
      handedOut: Number(Attributes?.['ApproximateNumberOfMessagesNotVisible'] ?? 0),
    };
  }

  /** At all queues that there are; the first one must be. */
  async #atEachQueue<Result>(ask: (queue: string) => Promise<Result>): Promise<Result[]> {
    const [first, ...others] = queuesOf(this.#options.queueUrl);
    try {
      const results = await Promise.all([
        ask(first),
        ...others.map((queue) => ask(queue).catch(undefinedWithoutQueue)),
      ]);
      return results.filter((result) => result !== undefined);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      throw unavailable('The job queue cannot do this now.', error);
    }
  }
}

function undefinedWithoutQueue(error: unknown): undefined {
  const name = awsErrorName(error) ?? '';
  if (name !== 'QueueDoesNotExist' && !name.endsWith('.NonExistentQueue')) throw error;
}

function deadJobOf({ MessageId = '', Body = '', Attributes }: Message): DeadJob {
  return {
    id: MessageId,
    job: withoutNote(Body),
    queued_at: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    tries: TRIES_OF_A_JOB,
    failure: null,
  };
}

/** Where a job is written down is no part of it, nor are the escapes of a message. What is no job stays as it is. */
function withoutNote(body: string): string {
  try {
    const job: unknown = JSON.parse(body);
    if (typeof job !== 'object' || job === null || Array.isArray(job)) return body;
    const { outbox: _noted, ...rest } = job as Readonly<Record<string, unknown>>;
    return JSON.stringify(rest);
  } catch {
    return body;
  }
}
