import { type Attempt, type Job, jobFromText } from '../../domain/job.ts';
import type { OutboxKey } from './dynamo-job-outbox.ts';

/** How often a job is tried before it lies in the dead-letter queue. */
export const TRIES_OF_A_JOB = 5;

/** What a message says: the job, and where it is written down, if it is. @throws Error for what is none. */
export function receivedJob(text: string): { readonly job: Job; readonly noted: OutboxKey | undefined } {
  const job = jobFromText(text);
  const { outbox } = JSON.parse(text) as { outbox?: Partial<OutboxKey> };
  const { pk, sk } = outbox ?? {};
  return { job, noted: typeof pk === 'string' && typeof sk === 'string' ? { pk, sk } : undefined };
}

/** @param received how often the message has been handed out, by this time too. */
export function attemptOf(received: string | undefined): Attempt {
  const number = Math.max(Number(received) || 1, 1);
  return { number, isLast: number >= TRIES_OF_A_JOB };
}
