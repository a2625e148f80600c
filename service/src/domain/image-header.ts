import { imageDimensionsFromData } from 'image-dimensions';
import { DomainError } from './errors.ts';
import type { MediaType } from './media-type.ts';

/** What the first bytes of a file say that it is. Pixels are not looked at. */
export interface ImageHeader {
  readonly content_type: MediaType;
  readonly width: number;
  readonly height: number;
}

export interface HeaderLimits {
  /** Most pixels (width x height) of an accepted image. */
  readonly maxPixels: number;
  readonly acceptedTypes: ReadonlySet<MediaType>;
}

/** The fewest bytes from which `sniffType` can tell types apart; an `ftyp` box must be here as a whole. */
const SNIFF_BYTES = 32;

/** No real file has a longer `ftyp` box; the reader's work must not grow with what a hostile one claims. */
const LONGEST_FTYP = 1024;

/** Where the dimensions must have come. JPEG may carry megabytes of metadata before its frame header. */
const HEADER_WITHIN: Readonly<Record<MediaType, number>> = {
  'image/jpeg': 16 * 1024 * 1024,
  'image/png': 64 * 1024,
  'image/webp': 64 * 1024,
  'image/gif': 64 * 1024,
  'image/avif': 256 * 1024,
};

const ascii = (bytes: Uint8Array, start: number, end: number) =>
  String.fromCharCode(...bytes.subarray(start, end));

/**
 * The type that the leading bytes announce, or undefined. Signatures: JPEG ITU-T T.81 B.1.1.2, PNG 3rd
 * edition 5.2, GIF89a 17, RFC 9649 (WebP), ISO/IEC 14496-12 `ftyp` with the brands of AVIF 1.1.
 */
export function sniffType(head: Uint8Array): MediaType | undefined {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (ascii(head, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  const six = ascii(head, 0, 6);
  if (six === 'GIF87a' || six === 'GIF89a') return 'image/gif';
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP') return 'image/webp';
  return ascii(head, 4, 8) === 'ftyp' && namesAvifBrand(head) ? 'image/avif' : undefined;
}

const firstBoxEnd = (head: Uint8Array) =>
  new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);

function namesAvifBrand(head: Uint8Array): boolean {
  const boxEnd = firstBoxEnd(head);
  if (boxEnd > LONGEST_FTYP) return false;
  // The major brand, then (after a version number) the compatible ones.
  for (let at = 8; at + 4 <= Math.min(boxEnd, head.length); at += at === 8 ? 8 : 4) {
    const brand = ascii(head, at, at + 4);
    if (brand === 'avif' || brand === 'avis') return true;
  }
  return false;
}

/** Whether more brands are to come, any of which may be the one. */
function endsWithinBrands(head: Uint8Array): boolean {
  return ascii(head, 4, 8) === 'ftyp' && firstBoxEnd(head) <= LONGEST_FTYP && head.length < firstBoxEnd(head);
}

/**
 * Reads type and dimensions from the leading bytes of a file, in time linear in their number.
 * Returns undefined while more bytes are needed; `complete` says that there are none.
 * @throws DomainError `unsupported_media_type` for a type that is not accepted, `unprocessable_image`
 * for a header that cannot be read or that promises no pixels or more than allowed.
 */
export function readImageHeader(
  head: Uint8Array,
  complete: boolean,
  limits: HeaderLimits,
): ImageHeader | undefined {
  if (!complete && (head.length < SNIFF_BYTES || endsWithinBrands(head))) return undefined;
  const type = sniffType(head);
  if (type === undefined || !limits.acceptedTypes.has(type)) {
    throw new DomainError(
      'unsupported_media_type',
      `The bytes are not an image of an accepted type (${[...limits.acceptedTypes].join(', ')}).`,
    );
  }
  const size = readDimensions(head, type);
  if (size === undefined) {
    if (!complete && head.length < HEADER_WITHIN[type]) return undefined;
    throw new DomainError('unprocessable_image', `The header of this ${type} file cannot be read.`);
  }
  if (size.width < 1 || size.height < 1) {
    throw new DomainError('unprocessable_image', `The header of this ${type} file describes no image.`);
  }
  if (size.width * size.height > limits.maxPixels) {
    throw new DomainError(
      'unprocessable_image',
      `The image is ${size.width} x ${size.height} pixels, more than the ${limits.maxPixels} allowed in all.`,
    );
  }
  return { content_type: type, ...size };
}

function readDimensions(head: Uint8Array, type: MediaType): { width: number; height: number } | undefined {
  const within = head.subarray(0, HEADER_WITHIN[type]);
  try {
    const found = imageDimensionsFromData(within);
    return found && { width: found.width, height: found.height };
  } catch (error) {
    // A header so odd that the reader trips over it is not a readable header.
    throw new DomainError('unprocessable_image', `The header of this ${type} file cannot be read.`, {
      cause: error,
    });
  }
}
