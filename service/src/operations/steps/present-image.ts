import { create as contentDisposition } from 'content-disposition';
import type { FormerVersion, ImageSummary } from '../../domain/image.ts';
import { fileNameFor, type MediaType } from '../../domain/media-type.ts';
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
  const presets = presetsOf(image);
  const [url = null, ...presetUrls] = await signed([
    deps.objects.presignRead(image.object_key, {
      expires_at,
      content_type: image.content_type,
      content_disposition: contentDisposition(fileName(image), { type: disposition }),
    }),
    ...presets.map(({ file }) => presignRendition(deps, image, file, expires_at)),
  ]);
  const renditions: Record<string, Size & { readonly url: string }> = {};
  for (const [place, { preset, size }] of presets.entries()) {
    renditions[preset] = { url: presetUrls[place] ?? '', width: size.width, height: size.height };
  }
  return { url, url_expires_at: new Date(expires_at).toISOString(), renditions };
}

/** A listing has hundreds of URLs, which most stores sign at once: nothing is waited for that is there. */
function signed(urls: readonly (string | Promise<string>)[]): readonly string[] | Promise<string[]> {
  return urls.every((url) => typeof url === 'string') ? urls : Promise.all(urls);
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
): Promise<string> | string {
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

/** The presets that an image has, with the files that they are. */
function presetsOf({ presets, width, height }: ImageSummary) {
  if (!presets || width === null || height === null) return [];
  const { format, names } = presets;
  const content_type = mediaTypeOf(format);
  const planned = presetsFor({ width, height }, format).filter(({ preset }) => names.includes(preset));
  return planned.map(({ preset, plan }) => ({
    preset,
    size: plan,
    file: { name: presetFileName(preset, format), content_type },
  }));
}

function fileName({
  filename,
  image_id,
  content_type,
}: Pick<ImageSummary, 'filename' | 'image_id' | 'content_type'>): string {
  return fileNameFor(content_type, filename ?? image_id);
}
