import type { ImageSummary, TintypeClient } from '@tintype/client';

/** How long the smaller pictures of a new image are waited for, in milliseconds; after that its own bytes do. */
const PRESETS_WITHIN = 60_000;

/** More pixels than this for one of CSS nobody sees. */
const SHARPEST = 2;

/** The picture for a tile of this size, in CSS pixels; undefined: there is none now. */
export function gridSource(
  client: Pick<TintypeClient, 'url'>,
  image: ImageSummary,
  width: number,
  height: number,
): string | undefined {
  if (image.url === null) return undefined;
  const isNew = Date.now() - Date.parse(image.upload_time) < PRESETS_WITHIN;
  if (image.placeholder === null && isNew && Object.keys(image.renditions).length === 0) return undefined;
  const sharp = Math.min(SHARPEST, devicePixelRatio);
  // Where the tile crops the picture, its height decides.
  const ratio = image.width && image.height ? image.width / image.height : 1;
  const wanted = Math.max(width, height * ratio) * sharp;
  return client.url(image, { width: Math.ceil(wanted) }) || undefined;
}

/** The picture that fills a window of this size, in CSS pixels; undefined: there is none. */
export function screenSource(
  client: Pick<TintypeClient, 'url'>,
  image: ImageSummary,
  width: number,
  height: number,
): string | undefined {
  if (image.url === null) return undefined;
  const ratio = image.width && image.height ? image.width / image.height : 1;
  const shown = Math.min(width, height * ratio) * Math.min(SHARPEST, devicePixelRatio);
  // The largest preset does for every screen: the original's pixels come with zooming.
  const { large, medium } = image.renditions;
  const widest = large ?? medium;
  if (widest && shown > widest.width) return widest.url;
  return client.url(image, { width: Math.ceil(shown) }) || image.url;
}
