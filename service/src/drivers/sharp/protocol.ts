import type { RawExif } from '../../domain/exif.ts';
import type { Placeholder } from '../../domain/image.ts';
import type { MediaType } from '../../domain/media-type.ts';
import type { PresetName, RenditionPlan, Size } from '../../domain/rendition.ts';
import type { WantedPresets } from '../../ports/renderer.ts';

/** What may be decoded of one image. */
export interface DecodeLimits {
  /** Width times height. */
  readonly maxPixels: number;
  /** Frames of an animation that are kept; the others are left out. */
  readonly maxFrames: number;
  /** Width times height times frames: frames are left out until an animation fits, all but the first. */
  readonly maxAnimationPixels: number;
}

/** What a decoder is asked for; the image's bytes follow. */
export type DecoderRequest = {
  readonly content_type: MediaType;
  readonly size_bytes: number;
  readonly limits: DecodeLimits;
} & (
  | { readonly job: 'develop'; readonly format: WantedPresets['format'] }
  | { readonly job: 'render'; readonly plan: RenditionPlan }
);

/** Why there is no result; what is said to callers about it is the parent's. */
export const REFUSALS = ['not_as_declared', 'undecodable', 'too_many_pixels'] as const;

export type Refusal = (typeof REFUSALS)[number];

export interface Refused {
  readonly refused: Refusal;
  /** In the library's words, for the log. */
  readonly detail: string;
}

/** The bytes of the presets follow, one after the other. */
export interface Developed extends Size {
  readonly placeholder: Placeholder;
  readonly exif: RawExif | null;
  readonly presets: readonly { readonly preset: PresetName; readonly size_bytes: number }[];
}

/** The bytes of the rendition follow. */
export interface Rendered {
  readonly size_bytes: number;
}

/** Longest strings and lists, and most tags, of what is passed on of EXIF. */
export const EXIF_BOUNDS = { text: 200, list: 16, tags: 48 } as const;
