import { loadMaintenanceConfig } from '../config/maintenance.ts';
import type { StorageConfig } from '../config/storage.ts';
import type { DeadJob } from '../ports/dead-jobs.ts';
import type { JobCount } from '../ports/job-counts.ts';
import type { JobsHome } from './jobs-home.ts';

export type { DeadJob } from '../ports/dead-jobs.ts';
export type { JobCount } from '../ports/job-counts.ts';

export interface JobList {
  readonly kind: StorageConfig['kind'];
  readonly counts: readonly JobCount[];
  readonly dead: readonly DeadJob[];
}

export interface JobRetry {
  readonly kind: StorageConfig['kind'];
  readonly retried: number;
}

/** How the jobs of the environment's installation are, and up to `limit` of those that have failed for good. */
export function runJobList(limit: number): Promise<JobList> {
  // Counted first: a list hides what it lists from others while it is made.
  return withJobs(async ({ jobs }, kind) => {
    const counts = await jobs.countJobs();
    return { kind, counts, dead: await jobs.listDead(limit) };
  });
}

/** Has one job that failed for good tried again, or with null all of them. */
export function runJobRetry(id: string | null): Promise<JobRetry> {
  return withJobs(async ({ jobs }, kind) => ({ kind, retried: await jobs.retryDead(id) }));
}

/** What only one kind of home needs is loaded only for it. */
async function withJobs<Result>(
  use: (home: JobsHome, kind: StorageConfig['kind']) => Promise<Result>,
): Promise<Result> {
  const { storage } = loadMaintenanceConfig();
  const home =
    storage.kind === 'aws'
      ? (await import('./jobs-aws.ts')).openAwsJobs(storage)
      : (await import('./jobs-embedded.ts')).openEmbeddedJobs(storage);
  try {
    return await use(home, storage.kind);
  } finally {
    home.close();
  }
}
