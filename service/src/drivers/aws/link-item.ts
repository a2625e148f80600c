import type { ImageId } from '../../domain/image-id.ts';
import type { ShareLink } from '../../domain/share-link.ts';
import type { Item } from './image-item.ts';

/**
 * Share links as rows of the table `listings`: a partition for each image, sorted by the links' ids. They are in
 * no listing, and not in its index.
 */

const PREFIX = 'LINKS#';

export const linksPartition = (image_id: ImageId) => `${PREFIX}${image_id}`;

export function linkKey(image_id: ImageId, link_id: string): Item {
  return { pk: { S: linksPartition(image_id) }, sk: { S: link_id } };
}

export function itemFromLink(link: ShareLink): Item {
  const { link_id, image_id, user_id, created_by, created_at, expires_at, views, last_viewed_at } = link;
  const ends = Date.parse(expires_at);
  return {
    ...linkKey(image_id, link_id),
    user_id: { S: user_id },
    ...(created_by === null ? {} : { created_by: { S: created_by } }),
    created_at: { S: created_at },
    // What counts; the other, in seconds, is for the table, which removes it some time after.
    expires_ms: { N: String(ends) },
    expires_at: { N: String(Math.ceil(ends / 1000)) },
    views: { N: String(views) },
    ...(last_viewed_at === null ? {} : { last_viewed_at: { S: last_viewed_at } }),
  };
}

export function linkFromItem(item: Item): ShareLink {
  const text = (name: string) => item[name]?.S ?? null;
  return {
    link_id: text('sk') ?? '',
    image_id: (text('pk') ?? '').slice(PREFIX.length),
    user_id: text('user_id') ?? '',
    created_by: text('created_by'),
    created_at: text('created_at') ?? '',
    expires_at: new Date(Number(item['expires_ms']?.N ?? 0)).toISOString(),
    views: Number(item['views']?.N ?? 0),
    last_viewed_at: text('last_viewed_at'),
  };
}
