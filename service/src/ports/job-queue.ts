import type { Job } from '../domain/job.ts';

/** Work for later. */
export interface JobQueue {
  /**
   * When it resolves the job will be done, at least once, some while from now, and again after a failure.
   * @throws DomainError `unavailable`
   */
  enqueue(job: Job): Promise<void>;
}
