import type { Image } from './api-types.ts';

/** What is wanted of a picture; pixels are the picture's own, not the page's. */
export interface UrlOptions {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** How it is fitted into width and height; `inside` unless given. */
  readonly fit?: 'cover' | 'contain' | 'inside' | 'fill' | undefined;
  readonly format?: 'webp' | 'avif' | 'jpeg' | 'png' | 'auto' | undefined;
  /** 1 to 100. */
  readonly quality?: number | undefined;
}

/** Of an image, what its URLs are made from: an Image has it, and an ImageSummary. */
export type Pictured = Pick<Image, 'image_id' | 'url' | 'width' | 'renditions'>;

/** The longest side that the service makes. */
const LONGEST_SIDE = 8192;

/**
 * A URL for `<img src>`. Of width alone (or nothing) it is a signed one, which needs no token and ends at
 * `url_expires_at`: that of the smallest preset at least so wide, or the image's own. Anything else is the
 * API's address of a rendition, which asks for a token where the API does. So is `/content`, the address of
 * an image that is not `ready`.
 */
export function imageUrl(base: string, image: Pictured, options: UrlOptions = {}): string {
  const { width, height, fit, format, quality } = options;
  const path = `${base}/images/${encodeURIComponent(image.image_id)}`;
  if (height === undefined && fit === undefined && format === undefined && quality === undefined) {
    return (width === undefined ? null : presetUrl(image, width)) ?? image.url ?? `${path}/content`;
  }
  // The service wants a side: without one, the whole picture.
  const wholeWidth = Math.min(image.width ?? LONGEST_SIDE, LONGEST_SIDE);
  const w = width ?? (height === undefined ? wholeWidth : undefined);
  const query = Object.entries({ w, h: height, fit, format, q: quality })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `${path}/renditions?${query.join('&')}`;
}

function presetUrl({ renditions }: Pictured, width: number): string | null {
  const { thumb, small, medium, large } = renditions;
  // The thumb is cut to a square: of an image that is none it is another picture.
  const square = small?.width === small?.height ? thumb : undefined;
  const wide = [square, small, medium, large].find((preset) => preset && preset.width >= width);
  return wide?.url ?? null;
}
