import type { ImageId } from '../domain/image-id.ts';
import type { JobKind } from '../domain/job.ts';

/**
 * Which jobs there are about an image, for maintenance, where the queue can be searched.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface KnownJobs {
  /** Those that wait, are being done, or have failed for good. */
  jobsOf(image_id: ImageId): Promise<readonly KnownJob[]>;
}

export interface KnownJob {
  readonly kind: JobKind;
  /** It has failed for good, and is not tried again by itself. */
  readonly is_dead: boolean;
}
