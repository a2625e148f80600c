import type { AuditEvent } from '../domain/audit-event.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { ShareLink } from '../domain/share-link.ts';

/**
 * Links by which anybody may see an image. What has expired counts as not there, whenever the store removes it:
 * `now` is in milliseconds since 1970, and the driver compares it. Each change is one atomic step, and an event
 * that comes with it is written with it or not at all. Whether the image is there is not looked at here.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface ShareLinks {
  /** @throws DomainError `conflict` where there is a link of this id; it stays as it is. */
  create(link: ShareLink, audit?: AuditEvent): Promise<void>;
  /** The live links of an image, the newest first. A link that has been created is in it, one revoked is not. */
  list(image_id: ImageId, now: number): Promise<readonly ShareLink[]>;
  /** A live link as it is, without opening it; undefined where there is none. */
  find(link_id: string, now: number): Promise<ShareLink | undefined>;
  /**
   * Opens a live link: counts it and keeps the time. However many open it at once, each is counted; where the
   * store's answer was lost and it is asked again, an opening may be counted twice.
   * @param at the time that is kept, where that is another than the one by which it is live.
   * @returns the link with this opening counted, or undefined where there is none.
   */
  open(link_id: string, now: number, at?: number): Promise<ShareLink | undefined>;
  /** Removes a live link. @returns whether there was one: otherwise no event is written. */
  revoke(image_id: ImageId, link_id: string, now: number, audit?: AuditEvent): Promise<boolean>;
  /** Removes all links of an image; fine where there are none. */
  removeOf(image_id: ImageId): Promise<void>;
}
