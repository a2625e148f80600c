import type { z } from 'zod';
import type { ShareLink } from '../domain/share-link.ts';
import type { linkSchema } from './link-schemas.ts';

/** A link as those see it who may see its image. */
export function linkBody(link: ShareLink, publicUrl: string): z.input<typeof linkSchema> {
  const { link_id, image_id, created_by, created_at, expires_at, views, last_viewed_at } = link;
  const url = `${publicUrl}/links/${link_id}`;
  return { link_id, url, image_id, created_by, created_at, expires_at, views, last_viewed_at };
}
