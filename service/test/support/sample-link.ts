import { randomBytes } from 'node:crypto';
import { newImageId } from '../../src/domain/image-id.ts';
import { newLinkId, type ShareLink } from '../../src/domain/share-link.ts';

/** When sample links are made: so late that no store has removed by itself what a test has expire. */
export const LINKED_AT = Date.UTC(2100, 4, 4, 3, 2, 1, 7);

export const DAY = 86_400_000;

/** A link by alice to an image of hers, for a day, but for what is said otherwise. */
export function sampleLink(differing: Partial<ShareLink> = {}): ShareLink {
  const image_id = differing.image_id ?? newImageId(LINKED_AT);
  return {
    link_id: newLinkId(image_id, randomBytes(16)),
    image_id,
    user_id: 'alice',
    created_by: 'alice',
    created_at: new Date(LINKED_AT).toISOString(),
    expires_at: new Date(LINKED_AT + DAY).toISOString(),
    views: 0,
    last_viewed_at: null,
    ...differing,
  };
}
