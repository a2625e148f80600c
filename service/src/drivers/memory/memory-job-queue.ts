import type { Job } from '../../domain/job.ts';
import type { JobQueue } from '../../ports/job-queue.ts';

/** Jobs in an array, for tests, which do them when they choose. */
export function createMemoryJobQueue(): JobQueue & { readonly jobs: Job[] } {
  const jobs: Job[] = [];
  return {
    jobs,
    async enqueue(job) {
      jobs.push(job);
    },
  };
}
