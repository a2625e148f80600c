import type { MediaType } from './media-type.ts';

/** How an image is fitted into width and height (as CSS `object-fit` names it; `inside` keeps all, and pads nothing). */
export type Fit = 'cover' | 'contain' | 'inside' | 'fill';

export const RENDITION_FORMATS = ['webp', 'avif', 'jpeg', 'png'] as const;

export type RenditionFormat = (typeof RENDITION_FORMATS)[number];

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

/** What is made: both sides known, and never larger than the image itself. */
export interface RenditionPlan extends Omit<RenditionRequest, 'width' | 'height'>, Size {}

export const PRESET_NAMES = ['thumb', 'small', 'medium', 'large'] as const;

export type PresetName = (typeof PRESET_NAMES)[number];

/** The media type of a format. */
export function mediaTypeOf(format: RenditionFormat): MediaType {
  return `image/${format}`;
}
