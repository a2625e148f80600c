import type { AuditEvent } from '../domain/audit-event.ts';
import type { ImageRecord, ImageSummary } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { Job } from '../domain/job.ts';
import type { ListFilter, ListPage, ListPosition } from '../domain/listing.ts';

/** What images become due for: their announced upload ended, or they were moved to the trash, at that time. */
export type DueKind = 'expire-upload' | 'purge';

/**
 * The records of all images and the listings made of them. A record and its rows in listings change in
 * one transaction; when a promise resolves the change is on stable storage and every later read shows it.
 * Jobs that are given with a change are queued with it: they will be done if it is made, and never if it is not.
 * So is the event that says who made it, if somebody did.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface ImageIndex {
  /** @throws DomainError `conflict` when the id is taken. */
  insert(record: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void>;
  get(id: ImageId): Promise<ImageRecord | undefined>;
  /** Those of up to 200 images that there are, in the order of the ids, as they are now. */
  getSummaries(ids: readonly ImageId[]): Promise<readonly ImageSummary[]>;
  /**
   * Writes `next` in place of `previous`, which must be what is stored: same id, version, revision,
   * background revision and status.
   * `user_id` and `image_id` do not change, and `upload_time` only as an upload ends.
   * @throws DomainError `conflict` when the image has changed since, `not_found` when it is gone.
   */
  replace(previous: ImageRecord, next: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void>;
  /**
   * Removes the record and its rows. `previous` must be what is stored, as for `replace`.
   * @throws DomainError `conflict` when the image has changed since, `not_found` when it is gone.
   */
  remove(previous: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void>;
  /**
   * Up to `limit` images that meet the filter, after `after` in the filter's order. Every image that is
   * there from the first page to the last is on exactly one page, whatever happens to others meanwhile.
   */
  list(filter: ListFilter, limit: number, after: ListPosition | null): Promise<ListPage>;
  /**
   * Up to `limit` images whose time came before `before` (milliseconds since 1970), the longest due first, as
   * far as can be told at little cost; with `after` only those whose time came later than that. One may have been
   * completed or restored meanwhile.
   */
  due(kind: DueKind, before: number, limit: number, after?: number): Promise<readonly ImageRecord[]>;
  /** Resolves when the index can be read and written. */
  check(): Promise<void>;
}
