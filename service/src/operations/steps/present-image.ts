import { create as contentDisposition } from 'content-disposition';
import type { FormerVersion, ImageSummary } from '../../domain/image.ts';
import { extensionOf, type MediaType } from '../../domain/media-type.ts';
import { renditionObjectKey } from '../../domain/object-key.ts';
import { mediaTypeOf, type PresetName, presetsFor, type Size } from '../../domain/rendition.ts';
import { presetFileName } from '../../domain/rendition-name.ts';
import type { Deps } from '../deps.ts';

export interface ImageUrl {
  /** Null unless the image is `ready`. */
  readonly url: string | null;
  readonly url_expires_at: string | null;
}

/** What an image looks like to whoever is given it. */
export interface ImageView extends ImageUrl {
  /** The presets that exist, each with a URL that lives as long as the image's own. */
  readonly renditions: { readonly [Name in PresetName]?: Size & { readonly url: string } };
}

/** Shows it in place, or downloads it under its name. */
export type Disposition = 'inline' | 'attachment';

export type PresignDeps = Pick<Deps, 'objects' | 'clock' | 'urlExpiresSeconds'>;

/** URLs of an image's bytes and of its presets. */
export async function presentImage(
  deps: PresignDeps,
  image: ImageSummary,
  disposition: Disposition,
): Promise<ImageView> {
  if (image.status !== 'ready') return { url: null, url_expires_at: null, renditions: {} };
  const expires_at = expiryOf(deps);
  const [url, renditions] = await Promise.all([
    deps.objects.presignRead(image.object_key, {
      expires_at,
      content_type: image.content_type,
      content_disposition: contentDisposition(fileName(image), { type: disposition }),
    }),
    presignPresets(deps, image, expires_at),
  ]);
  return { url, url_expires_at: new Date(expires_at).toISOString(), renditions };
}

/** A URL of the bytes of one version, current or former, of an image that may be served. */
export async function presignVersion(
  deps: PresignDeps,
  image: ImageSummary,
  { object_key, content_type, status }: FormerVersion,
): Promise<ImageUrl> {
  if (image.status !== 'ready' || status !== 'ready') return { url: null, url_expires_at: null };
  const expires_at = expiryOf(deps);
  const url = await deps.objects.presignRead(object_key, {
    expires_at,
    content_type,
    content_disposition: contentDisposition(fileName({ ...image, content_type }), { type: 'inline' }),
  });
  return { url, url_expires_at: new Date(expires_at).toISOString() };
}

/** A URL of a rendition, by its name. */
export function presignRendition(
  { objects }: Pick<Deps, 'objects'>,
  { user_id, image_id, version }: Pick<ImageSummary, 'user_id' | 'image_id' | 'version'>,
  rendition: { readonly name: string; readonly content_type: MediaType },
  expires_at: number,
): Promise<string> {
  const { name, content_type } = rendition;
  return objects.presignRead(renditionObjectKey(user_id, image_id, version, name), {
    expires_at,
    content_type,
    content_disposition: 'inline',
  });
}

/**
 * When a URL that is signed now ends, in milliseconds since 1970: rounded up to a window of the configured
 * life, so that one image keeps one URL for a while and caches can work. It lives between one and two such
 * windows.
 */
export function expiryOf({ clock, urlExpiresSeconds }: Pick<Deps, 'clock' | 'urlExpiresSeconds'>): number {
  const window = urlExpiresSeconds * 1000;
  return Math.ceil((clock.now() + window) / window) * window;
}

async function presignPresets(
  deps: PresignDeps,
  image: ImageSummary,
  expires_at: number,
): Promise<ImageView['renditions']> {
  const { presets, width, height } = image;
  if (!presets || width === null || height === null) return {};
  const { format, names } = presets;
  const made = presetsFor({ width, height }, format).filter(({ preset }) => names.includes(preset));
  const entries = await Promise.all(
    made.map(async ({ preset, plan }) => {
      const file = { name: presetFileName(preset, format), content_type: mediaTypeOf(format) };
      const url = await presignRendition(deps, image, file, expires_at);
      return [preset, { url, width: plan.width, height: plan.height }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

function fileName({
  filename,
  image_id,
  content_type,
}: Pick<ImageSummary, 'filename' | 'image_id' | 'content_type'>): string {
  return filename ?? `${image_id}.${extensionOf(content_type)}`;
}
