import * as z from 'zod';

/** What answers about share links look like. */

const instant = z.iso.datetime({ precision: 3 }).meta({ example: '2026-11-21T17:03:05.123Z' });

export const linkSchema = z
  .strictObject({
    link_id: z.string().meta({ description: 'Whoever knows it may see the image.' }),
    url: z.url().meta({ description: 'To be handed out; it needs no token.' }),
    image_id: z.uuid(),
    created_by: z.string().nullable(),
    created_at: instant,
    expires_at: instant,
    views: z.int().meta({ description: 'How often it has been opened.' }),
    last_viewed_at: instant.nullable(),
  })
  .meta({ id: 'Link' });

export const linkListSchema = z
  .strictObject({ items: z.array(linkSchema), count: z.int() })
  .meta({ id: 'LinkList' });
