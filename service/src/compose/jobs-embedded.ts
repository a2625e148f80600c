import type { EmbeddedStorageConfig } from '../config/storage.ts';
import { openJobs } from '../drivers/embedded/open-jobs.ts';
import type { JobsHome } from './jobs-home.ts';

/** The jobs of the data folder of the environment. */
export function openEmbeddedJobs({ dataDir }: EmbeddedStorageConfig): JobsHome {
  const jobs = openJobs(dataDir);
  return { jobs, close: () => jobs.close() };
}
