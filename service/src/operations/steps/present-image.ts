import { create as contentDisposition } from 'content-disposition';
import type { ImageSummary } from '../../domain/image.ts';
import { extensionOf } from '../../domain/media-type.ts';
import type { Deps } from '../deps.ts';

export interface ImageUrl {
  /** Null unless the image is `ready`. */
  readonly url: string | null;
  readonly url_expires_at: string | null;
}

/** Shows it in place, or downloads it under its name. */
export type Disposition = 'inline' | 'attachment';

/**
 * A URL of the image's bytes. Its expiry is rounded up to a window of the configured life, so that one
 * image keeps one URL for a while and caches can work: it lives between one and two such windows.
 */
export async function presignImage(
  { objects, clock, urlExpiresSeconds }: Pick<Deps, 'objects' | 'clock' | 'urlExpiresSeconds'>,
  image: ImageSummary,
  disposition: Disposition,
): Promise<ImageUrl> {
  if (image.status !== 'ready') return { url: null, url_expires_at: null };
  const window = urlExpiresSeconds * 1000;
  const expires_at = Math.ceil((clock.now() + window) / window) * window;
  const filename = image.filename ?? `${image.image_id}.${extensionOf(image.content_type)}`;
  const url = await objects.presignRead(image.object_key, {
    expires_at,
    content_type: image.content_type,
    content_disposition: contentDisposition(filename, { type: disposition }),
  });
  return { url, url_expires_at: new Date(expires_at).toISOString() };
}
