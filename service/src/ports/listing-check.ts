import type { ImageRecord } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';

/**
 * The rows by which listings find images, held against the records, for maintenance: no request does this.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface ListingCheck {
  /**
   * Those of some records whose rows seem not to be as they should be. It may be wrong about images that
   * change meanwhile: `differencesOf` knows.
   */
  suspectsAmong(records: readonly ImageRecord[]): Promise<readonly ImageId[]>;
  /**
   * What an image's rows lack, or say otherwise than its record, in one view of both; undefined where all is
   * right, or there is no such image. To mend it, write the record in place of itself.
   */
  differencesOf(image_id: ImageId): Promise<ListingDifferences | undefined>;
  /** The rows that seem to belong to no image: `isStray` knows. Those of other kinds are passed over. */
  strays(): AsyncIterable<ListingRow>;
  /** Whether the row is there, and there is no image that has it; in one view of both. */
  isStray(row: ListingRow): Promise<boolean>;
  /** Removes the row, if it is a stray still. @returns whether it was removed. */
  removeStray(row: ListingRow): Promise<boolean>;
}

export interface ListingDifferences {
  readonly record: ImageRecord;
  /** Places at which there should be a row. */
  readonly missing: readonly string[];
  /** Places of rows that say something else than the record. */
  readonly stale: readonly string[];
}

/** A row, by the place where it lies: told apart by that, and readable for people. */
export interface ListingRow {
  readonly image_id: ImageId;
  readonly place: string;
}
