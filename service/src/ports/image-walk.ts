import type { ImageRecord } from '../domain/image.ts';

/**
 * All records of an index one after another, for maintenance: no request walks.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface ImageWalk {
  /**
   * Every record that is there from the beginning to the end, whatever its status, exactly once; records
   * that come, change or go meanwhile may be met or not, each at most once. The order is the store's own.
   */
  walk(): AsyncIterable<ImageRecord>;
  /** About how many records there are: to say how far one has come, and for nothing else. */
  estimate(): Promise<number>;
}
