import type { DeadJobs } from '../ports/dead-jobs.ts';
import type { JobCounter } from '../ports/job-counts.ts';

/** The jobs of an installation, opened for a command; its server may run. */
export interface JobsHome {
  readonly jobs: DeadJobs & JobCounter;
  close(): void;
}
