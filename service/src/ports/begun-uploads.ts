import type { ObjectKey } from '../domain/object-key.ts';

/**
 * Uploads in parts that have begun and not been joined, one after another, for maintenance: no request walks.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface BegunUploads {
  /** Those that are there from the beginning to the end, once each; in the store's own order. */
  walk(): AsyncIterable<BegunUpload>;
}

export interface BegunUpload {
  readonly key: ObjectKey;
  /** As `beginParts` of the upload store gave it. */
  readonly parts_id: string;
  /** When it began, or its last part arrived, whichever the store can tell. */
  readonly last_modified: Date;
}
