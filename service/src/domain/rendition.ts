import type { MediaType } from './media-type.ts';

export const FITS = ['cover', 'contain', 'inside', 'fill'] as const;

/** How an image is fitted into width and height (as CSS `object-fit` names it; `inside` keeps all, and pads nothing). */
export type Fit = (typeof FITS)[number];

export const RENDITION_FORMATS = ['webp', 'avif', 'jpeg', 'png'] as const;

export type RenditionFormat = (typeof RENDITION_FORMATS)[number];

/** The formats in which presets can be made. */
export type PresetFormat = Extract<RenditionFormat, 'webp' | 'avif'>;

/** What is asked for, before it is known what the image allows. */
export interface RenditionRequest {
  /** Pixels; at least one of the two. */
  readonly width?: number;
  readonly height?: number;
  readonly fit: Fit;
  readonly format: RenditionFormat;
  /** 1 to 100. */
  readonly quality: number;
  /** Which part `cover` keeps: the middle, or what draws the eye. */
  readonly keep: 'centre' | 'attention';
}

/** Pixels as shown: after any EXIF orientation. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * What is made: both sides known, and the picture never larger than the image itself. (What `contain` pads
 * beside it may be.)
 */
export interface RenditionPlan extends Omit<RenditionRequest, 'width' | 'height'>, Size {}

export const PRESET_NAMES = ['thumb', 'small', 'medium', 'large'] as const;

export type PresetName = (typeof PRESET_NAMES)[number];

/** The longest side of a rendition, in pixels. */
export const MAX_RENDITION_SIDE = 8192;

/** The quality of whoever asks for none. PNG has none to choose: it loses nothing. */
export const DEFAULT_QUALITY: Readonly<Record<RenditionFormat, number>> = {
  webp: 80,
  jpeg: 80,
  // Its scale is another: at 55 it keeps a little more than WebP at 80, in a fifth fewer bytes.
  avif: 55,
  png: 100,
};

type Preset = Size & Pick<RenditionRequest, 'fit' | 'keep'>;

const within = (side: number): Preset => ({ width: side, height: side, fit: 'inside', keep: 'centre' });

/** The renditions that are made of every image, as far as its pixels go (`presetsFor`). */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  thumb: { width: 256, height: 256, fit: 'cover', keep: 'attention' },
  small: within(640),
  medium: within(1280),
  large: within(2048),
};

export interface PresetPlan {
  readonly preset: PresetName;
  readonly plan: RenditionPlan;
}

/** Padding is cheap to ask for: beyond the image's own pixels `contain` makes no more than these. */
const MOST_PADDED_PIXELS = 4096 * 4096;

/** The media type of a format. */
export function mediaTypeOf(format: RenditionFormat): MediaType {
  return `image/${format}`;
}

/**
 * What a request comes to with this image. Nothing is enlarged, and no side is over `MAX_RENDITION_SIDE`:
 *
 * - `inside` is the largest picture within the box and within the image, in the image's proportions.
 * - `cover` and `fill` are the box; where the image is shorter on a side, the largest box of the same
 *   proportions that lies within the image.
 * - `contain` is the box; where that would enlarge the picture, the smallest box of the same proportions
 *   that holds the image as it is, padded. One side may then be longer than the image's.
 *
 * Requests that mean the same have the same plan: without a second side, or where the box has the image's
 * proportions, every fit is `inside`; what to keep matters to `cover` alone, and quality not to PNG.
 */
export function planRendition(request: RenditionRequest, image: Size): RenditionPlan {
  const { width, height, format } = request;
  const quality = format === 'png' ? DEFAULT_QUALITY.png : request.quality;
  const asked = {
    width: Math.min(width ?? image.width, MAX_RENDITION_SIDE),
    height: Math.min(height ?? image.height, MAX_RENDITION_SIDE),
  };
  const fit = width === undefined || height === undefined ? 'inside' : request.fit;
  const box = boxFor(fit, asked, image);
  const whole = largestWithin(image, box);
  if (fit === 'inside' || (whole.width === box.width && whole.height === box.height)) {
    return { ...whole, fit: 'inside', keep: 'centre', format, quality };
  }
  return { ...box, fit, keep: fit === 'cover' ? request.keep : 'centre', format, quality };
}

/**
 * The presets of an image: `thumb` and `small` always, `medium` and `large` where the next smaller one does
 * not already hold all pixels. The thumb is a square: of an image with a shorter side, as long as that.
 */
export function presetsFor(image: Size, format: PresetFormat): readonly PresetPlan[] {
  const longest = Math.max(image.width, image.height);
  const needed = PRESET_NAMES.filter((_, place) => {
    const smaller = PRESET_NAMES[place - 1];
    return smaller === undefined || smaller === 'thumb' || longest > PRESETS[smaller].width;
  });
  return needed.map((preset) => {
    const { fit, keep, ...box } = PRESETS[preset];
    const size = fit === 'inside' ? largestWithin(image, box) : boxFor(fit, box, image);
    return { preset, plan: { ...size, fit, keep, format, quality: DEFAULT_QUALITY[format] } };
  });
}

function boxFor(fit: Fit, asked: Size, image: Size): Size {
  if (fit === 'inside') return asked;
  return fit === 'contain' ? paddedBox(asked, image) : largestWithin(asked, image);
}

/**
 * The largest size within `limit`, and not above `shape`, in the proportions of `shape`: one side exactly, the
 * other to the nearest pixel, but never 0. Of its own result it makes the same again.
 */
function largestWithin(shape: Size, limit: Size): Size {
  const width = Math.min(shape.width, limit.width);
  const height = Math.min(shape.height, limit.height);
  const byWidth = { width, height: scaled(shape.height, width, shape.width) };
  const byHeight = { width: scaled(shape.width, height, shape.height), height };
  if (byWidth.height > height) return byHeight;
  if (byHeight.width > width) return byWidth;
  return byWidth.width * byWidth.height >= byHeight.width * byHeight.height ? byWidth : byHeight;
}

/** The box, made smaller until the whole image can be shown in it without being enlarged. */
function paddedBox(asked: Size, image: Size): Size {
  const { width, height } =
    asked.width > image.width && asked.height > image.height ? around(image, asked) : asked;
  const most = Math.max(image.width * image.height, MOST_PADDED_PIXELS);
  const scale = Math.min(1, Math.sqrt(most / (width * height)));
  return scale === 1
    ? { width, height }
    : { width: Math.floor(width * scale), height: Math.floor(height * scale) };
}

/** The smallest size that holds the image, in the proportions of `shape`. */
function around(image: Size, shape: Size): Size {
  const height = scaled(shape.height, image.width, shape.width);
  if (height >= image.height) return { width: image.width, height };
  return {
    width: scaled(shape.width, image.height, shape.height),
    height: image.height,
  };
}

function scaled(length: number, by: number, from: number): number {
  return Math.max(1, Math.round((length * by) / from));
}
