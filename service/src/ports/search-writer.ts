import type { ImageRecord } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';

/** What is to be found of an image: what its record says, or nothing, where there is none any more. */
export interface SearchEntry {
  readonly image_id: ImageId;
  readonly record: ImageRecord | undefined;
}

/**
 * Keeps a search index that is apart from the records as they say. Writing is idempotent, and does not depend on the
 * order: what an older state of a record says never takes the place of what a newer one said, and an image that is
 * gone stays so. Where that is forgotten after a while, an image may be found again that is not there: whoever finds
 * looks each up.
 *
 * Failures of the engine are DomainErrors `unavailable` with the cause.
 */
export interface SearchWriter {
  /**
   * Has images found as their entries say, shortly after it resolves. An index that is not there yet is made.
   * @returns those that the engine could not take, each with why; the others are written.
   */
  write(entries: readonly SearchEntry[]): Promise<readonly RefusedEntry[]>;
}

export interface RefusedEntry {
  readonly image_id: ImageId;
  /** In the engine's own words: for the log. */
  readonly cause: unknown;
}

/** A search index that can be made anew while it is searched and written to, for maintenance. */
export interface RebuiltSearch extends SearchWriter {
  /** Makes the index where it is not there yet. @returns whether it was not. */
  prepare(): Promise<boolean>;
  /**
   * The ids of all images that are found, whatever their status, in the order of the ids, some hundred at once. Those
   * that come or go meanwhile may be met or not.
   */
  walk(): AsyncIterable<readonly ImageId[]>;
}
