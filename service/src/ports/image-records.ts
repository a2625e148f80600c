import type { ImageRecord } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';

/**
 * Reads whole records, several at once.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface ImageRecords {
  /** Those of up to 1,000 images that there are, as they are now, in any order. */
  getRecords(ids: readonly ImageId[]): Promise<readonly ImageRecord[]>;
}
