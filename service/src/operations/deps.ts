import type { HeaderLimits } from '../domain/image-header.ts';
import type { Signer } from '../domain/signing.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/** What operations need from the world. Each takes the part that it uses. */
export interface Deps {
  readonly index: ImageIndex;
  readonly objects: ObjectStore;
  readonly jobs: JobQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly pageTokens: Signer;
  readonly limits: UploadLimits;
  /** Least life of a presigned URL. */
  readonly urlExpiresSeconds: number;
}

export interface UploadLimits extends HeaderLimits {
  readonly maxImageBytes: number;
}
