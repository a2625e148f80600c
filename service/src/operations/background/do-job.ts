import type { Attempt, Job } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { announceEvent } from './announce-event.ts';
import { cleanUpObject } from './clean-up-object.ts';
import { eraseImages } from './erase-images.ts';
import { finishArrivedUpload } from './finish-upload.ts';
import { type ProcessDeps, processImage } from './process-image.ts';
import { type SyncDeps, syncSearch } from './sync-search.ts';
import { type WithdrawDeps, withdrawImage } from './withdraw-image.ts';

export type JobDeps = Deps & ProcessDeps & SyncDeps & WithdrawDeps;

/** Does a job of any kind: for homes where one process does all of them. */
export function doJob(deps: JobDeps, job: Job, attempt: Attempt): Promise<void> {
  switch (job.kind) {
    case 'announce-event':
      return announceEvent(deps, job);
    case 'clean-up-object':
      return cleanUpObject(deps, job);
    case 'finish-upload':
      return finishArrivedUpload(deps, job);
    case 'process-image':
      return processImage(deps, job, attempt);
    case 'sync-search':
      return syncSearch(deps, job);
    case 'withdraw-image':
      return withdrawImage(deps, job);
    case 'erase-images':
      return eraseImages(deps, job);
  }
}
