import type { DateRange } from './date-range.ts';
import type { ImageRecord, ImageStatus, ImageSummary } from './image.ts';
import type { ImageId } from './image-id.ts';

export type ListOrder = 'newest' | 'oldest';

/** Which images a listing holds; all conditions must be met. */
export interface ListFilter {
  readonly user_id?: string;
  /** Normalized, distinct, sorted. */
  readonly tags: readonly string[];
  readonly uploaded: DateRange;
  readonly order: ListOrder;
  /** One user's images that are not `ready`, or in the trash, and not by tag; left out, those that are ready. */
  readonly status?: UnreadyStatus | 'deleted';
}

export type UnreadyStatus = Exclude<ImageStatus, 'ready'>;

/** A place in the total order of every listing: (`upload_time`, `image_id`). */
export interface ListPosition {
  readonly upload_time: string;
  readonly image_id: ImageId;
}

export interface ListPage {
  readonly items: readonly ImageSummary[];
  /**
   * After which the next page goes on, null on the last page. A page may be short, even empty, and still
   * have a next one: drivers bound the work of a page, and rare filters pass over many images.
   */
  readonly next: ListPosition | null;
}

/** Whether an image meets a filter, by what its record says now. */
export function isListed(
  image: Pick<ImageRecord, 'user_id' | 'tags' | 'upload_time' | 'status' | 'deleted_at'>,
  { user_id, tags, uploaded, status }: Omit<ListFilter, 'order'>,
): boolean {
  const uploadTime = Date.parse(image.upload_time);
  return (
    (status === 'deleted'
      ? image.deleted_at !== null
      : image.status === (status ?? 'ready') && image.deleted_at === null) &&
    (user_id === undefined || image.user_id === user_id) &&
    tags.every((tag) => image.tags.includes(tag)) &&
    uploadTime >= (uploaded.from ?? Number.NEGATIVE_INFINITY) &&
    uploadTime < (uploaded.before ?? Number.POSITIVE_INFINITY)
  );
}
