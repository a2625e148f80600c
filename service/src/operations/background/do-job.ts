import type { Job } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { cleanUpObject } from './clean-up-object.ts';
import { finishArrivedUpload } from './finish-upload.ts';

/** Does a job of any kind: for homes where one process does all of them. */
export function doJob(deps: Deps, job: Job): Promise<void> {
  switch (job.kind) {
    case 'clean-up-object':
      return cleanUpObject(deps, job);
    case 'finish-upload':
      return finishArrivedUpload(deps, job);
  }
}
