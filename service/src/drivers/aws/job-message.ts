import { type Attempt, type Job, jobFromText } from '../../domain/job.ts';
import type { OutboxKey } from './dynamo-job-outbox.ts';

/** How often a job is tried before it lies in the dead-letter queue. */
export const TRIES_OF_A_JOB = 5;

/**
 * A job as a message, in ASCII: SQS refuses some of the characters that a user's name may have (U+FFFE, U+FFFF), and
 * JSON has escapes for all.
 * @param noted where the job is written down, if it is.
 */
export function messageOf(job: Job, noted?: OutboxKey): string {
  const text = JSON.stringify(noted ? { ...job, outbox: noted } : job);
  return text.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

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
