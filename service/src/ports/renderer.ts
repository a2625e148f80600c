import type { RawExif } from '../domain/exif.ts';
import type { Placeholder } from '../domain/image.ts';
import type { MediaType } from '../domain/media-type.ts';
import type { PresetName, RenditionFormat, RenditionPlan, Size } from '../domain/rendition.ts';

/**
 * Decodes untrusted images, apart from this process and from each other: whatever bytes do to a decoder costs
 * that image alone, and a decoder that has been taken over finds nothing and can reach nothing.
 *
 * @throws DomainError `unprocessable_image` where the bytes cannot be decoded, with a reason that callers may
 *   see, or would cost more time or memory than the limits allow; `unavailable` where a decoder could not be
 *   had, or ended for a reason that may lie outside the image: then it is worth another try.
 */
export interface Renderer {
  /** All that is shown of an image, from decoding it once: its size, its placeholder, EXIF and the presets. */
  develop(image: SourceImage, wanted: WantedPresets): Promise<DevelopedImage>;
  /** One rendition. */
  render(image: SourceImage, plan: RenditionPlan): Promise<RenderedImage>;
  /** Ends all decoders. Work under way fails as `unavailable`. */
  close(): Promise<void>;
}

export interface SourceImage {
  /** As its bytes say: nothing else is tried. */
  readonly content_type: MediaType;
  readonly size_bytes: number;
  /** All of its bytes, anew at each call; each piece is its reader's own, who may release its memory. */
  stream(): AsyncIterable<Uint8Array>;
}

export interface WantedPresets {
  readonly format: Extract<RenditionFormat, 'webp' | 'avif'>;
}

export interface DevelopedImage extends Size {
  readonly placeholder: Placeholder;
  /** As the file has it, or null where it has none (or none that can be read). */
  readonly exif: RawExif | null;
  readonly presets: readonly (RenderedImage & { readonly preset: PresetName })[];
}

export interface RenderedImage extends Size {
  readonly content_type: MediaType;
  readonly bytes: Uint8Array;
}
