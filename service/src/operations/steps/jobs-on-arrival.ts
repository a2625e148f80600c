import type { ImageRecord } from '../../domain/image.ts';
import type { Job } from '../../domain/job.ts';

/** What is to be done to an image whose bytes have just been accepted. */
export function jobsOnArrival({ image_id, version }: ImageRecord): readonly Job[] {
  return [{ kind: 'process-image', image_id, version }];
}
