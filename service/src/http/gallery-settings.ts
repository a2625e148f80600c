import * as z from 'zod';
import { MEDIA_TYPES } from '../domain/media-type.ts';

/** What the gallery is told of the installation that it is the page of, at `/gallery.json`. */
export const gallerySettings = z.strictObject({
  /** Whose tokens callers show; null: nobody is asked who they are. */
  auth: z.nullable(
    z.strictObject({
      issuer: z.string(),
      /** By which the gallery signs people in (OpenID Connect); null: they paste a token. */
      client_id: z.nullable(z.string()),
      scope: z.string(),
      audience: z.string(),
      user_claim: z.string(),
    }),
  ),
  max_image_bytes: z.int().positive(),
  accepted_types: z.array(z.enum(MEDIA_TYPES)),
  /** 0: what is deleted is gone at once. */
  trash_days: z.int().nonnegative(),
  /** Whether images can be found by words (`q`). */
  search: z.boolean(),
});

export type GallerySettings = Readonly<z.output<typeof gallerySettings>>;

/** Where it is. */
export const SETTINGS_PATH = '/gallery.json';
