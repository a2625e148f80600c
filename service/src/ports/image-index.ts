import type { ImageRecord } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { ListFilter, ListPage, ListPosition } from '../domain/listing.ts';

/**
 * The records of all images and the listings made of them. A record and its rows in listings change in
 * one transaction; when a promise resolves the change is on stable storage and every later read shows it.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface ImageIndex {
  /** @throws DomainError `conflict` when the id is taken. */
  insert(record: ImageRecord): Promise<void>;
  get(id: ImageId): Promise<ImageRecord | undefined>;
  /**
   * Writes `next` in place of `previous`, which must be what is stored: same id, version, revision and status.
   * `user_id` and `image_id` do not change, and `upload_time` only as an upload ends.
   * @throws DomainError `conflict` when the image has changed since, `not_found` when it is gone.
   */
  replace(previous: ImageRecord, next: ImageRecord): Promise<void>;
  /**
   * Removes the record and its rows. `previous` must be what is stored, as for `replace`.
   * @throws DomainError `conflict` when the image has changed since, `not_found` when it is gone.
   */
  remove(previous: ImageRecord): Promise<void>;
  /**
   * Up to `limit` images that meet the filter, after `after` in the filter's order. Every image that is
   * there from the first page to the last is on exactly one page, whatever happens to others meanwhile.
   */
  list(filter: ListFilter, limit: number, after: ListPosition | null): Promise<ListPage>;
  /**
   * Up to `limit` images whose announced upload ended before `before` (milliseconds since 1970), the longest
   * ended first, as far as can be told at little cost. It may still have been completed meanwhile.
   */
  due(before: number, limit: number): Promise<readonly ImageRecord[]>;
  /** Resolves when the index can be read and written. */
  check(): Promise<void>;
}
