import * as z from 'zod';
import type { ImageRecord } from './image.ts';
import { isImageId } from './image-id.ts';
import { WEBHOOK_EVENTS, type WebhookEvent } from './webhook.ts';

/** What is said of an image: nothing that leads to its bytes, and nothing that its owner has written about it. */
const announcedImage = z.object({
  image_id: z.string().refine(isImageId),
  user_id: z.string(),
  version: z.int().min(1),
  status: z.enum(['pending', 'scanning', 'ready', 'rejected']),
  content_type: z.string(),
  size_bytes: z.int(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  rejection_reason: z.string().nullable(),
});

/** What has happened to an image, as it was right after that; of one that is gone, as it was last. */
export const announcedEvent = z.object({
  /** UUIDv7. It is the id of the messages about it, too. */
  event_id: z.string().refine(isImageId),
  type: z.enum(WEBHOOK_EVENTS),
  /** ISO 8601, UTC, milliseconds. */
  at: z.string(),
  image: announcedImage,
});

export type AnnouncedEvent = Readonly<z.output<typeof announcedEvent>>;

export function announcedImageOf(record: ImageRecord): AnnouncedEvent['image'] {
  const { image_id, user_id, version, status, content_type, size_bytes } = record;
  const { width, height, rejection_reason } = record;
  return {
    image_id,
    user_id,
    version,
    status,
    content_type,
    size_bytes,
    width,
    height,
    rejection_reason,
  };
}

const isShown = (record: ImageRecord) => record.deleted_at === null && record.status !== 'pending';

/**
 * What a change of a record is to those who are told of images: one event at most. What is announced, lies in the
 * trash or is a matter of the background is none; what goes for good out of the trash was deleted before.
 * @param previous undefined where there was none; `next`, where there is none any more.
 */
export function eventOfChange(
  previous: ImageRecord | undefined,
  next: ImageRecord | undefined,
): WebhookEvent | undefined {
  const before = previous && isShown(previous) ? previous : undefined;
  if (!next || !isShown(next)) return before && 'image.deleted';
  if (next.status !== before?.status) {
    if (next.status === 'ready') return 'image.ready';
    if (next.status === 'rejected') return 'image.rejected';
  }
  if (!before) return undefined;
  const isChanged = next.version !== before.version || next.revision !== before.revision;
  return isChanged ? 'image.updated' : undefined;
}

/** The event that a delivery tells of, read back from its body. */
export function eventOfDelivery({
  event_id,
  body,
}: {
  readonly event_id: string;
  readonly body: string;
}): AnnouncedEvent {
  const { type, timestamp, data } = JSON.parse(body) as { type: unknown; timestamp: unknown; data: unknown };
  return announcedEvent.parse({ event_id, type, at: timestamp, image: data });
}
