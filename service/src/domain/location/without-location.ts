import type { MediaType } from '../media-type.ts';
import { redactAvif } from './avif-location.ts';
import { redactGif } from './gif-location.ts';
import { redactJpeg } from './jpeg-location.ts';
import { redactPng } from './png-location.ts';
import { CannotFollow, Redaction } from './redaction.ts';
import { redactWebp } from './webp-location.ts';

/** What an image is without where it was taken. */
export type WithoutLocation =
  | { readonly kind: 'unchanged' }
  /** As long as before. */
  | { readonly kind: 'changed'; readonly bytes: Uint8Array }
  /** Its structure cannot be followed; `why` is a sentence for the log. */
  | { readonly kind: 'impossible'; readonly why: string };

const REDACT: Readonly<Record<MediaType, (file: Redaction) => void>> = {
  'image/jpeg': redactJpeg,
  'image/png': redactPng,
  'image/webp': redactWebp,
  'image/gif': redactGif,
  'image/avif': redactAvif,
};

/**
 * The same image without where it was taken: the GPS directory and makers' notes of its EXIF, XMP and IPTC that
 * name a place, what is of no known use, and whatever follows its end are blanked. Pixels, colour profiles,
 * orientation and copyright stay, byte for byte, where they were.
 *
 * Never throws; its time is linear in the length, but for sorting. The bytes that are given are not changed.
 */
export function withoutLocation(bytes: Uint8Array, type: MediaType): WithoutLocation {
  const file = new Redaction(bytes);
  try {
    REDACT[type](file);
  } catch (error) {
    if (error instanceof CannotFollow) return { kind: 'impossible', why: error.message };
    throw error;
  }
  return file.changed ? { kind: 'changed', bytes: file.changed } : { kind: 'unchanged' };
}
