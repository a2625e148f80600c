import type { Clock } from '../../ports/clock.ts';
import type { JobOutbox } from '../../ports/job-outbox.ts';

/** Whoever caused a job has sent it, or failed to, long before. */
const PATIENCE_MS = 5 * 60_000;

/** No two clocks that are right are so far from one another. */
const FAR_OFF_MS = 24 * 3_600_000;

/** Sends jobs to their queue that whoever caused them could not. @returns how many. */
export function resendJobs({
  outbox,
  clock,
}: {
  readonly outbox: JobOutbox;
  readonly clock: Clock;
}): Promise<number> {
  const now = clock.now();
  return outbox.resend(now - PATIENCE_MS, now + FAR_OFF_MS);
}
