import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import type { MediaType } from '../../domain/media-type.ts';
import type { Size } from '../../domain/rendition.ts';
import type { DecodeLimits } from './protocol.ts';
import { RefusedImage } from './refusal.ts';

/** The loaders of libvips: the only ones that may run, each for its own type alone. */
const LOADERS: Readonly<Record<MediaType, string>> = {
  'image/jpeg': 'VipsForeignLoadJpegBuffer',
  'image/png': 'VipsForeignLoadPngBuffer',
  'image/webp': 'VipsForeignLoadWebpBuffer',
  'image/gif': 'VipsForeignLoadNsgifBuffer',
  'image/avif': 'VipsForeignLoadHeifBuffer',
};

const SAVERS = ['Jpeg', 'Png', 'Webp', 'Heif'].map((name) => `VipsForeignSave${name}Buffer`);

/**
 * Sets libvips up for one untrusted image at a time: no cache, one thread, no loader but that of the given
 * type, nothing that reads or writes files.
 */
export function prepareLibvips(type: MediaType): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad', 'VipsForeignSave'] });
  sharp.unblock({ operation: [LOADERS[type], ...SAVERS] });
}

export interface Timing {
  /** How long each frame is shown, in milliseconds. */
  readonly delay?: number[];
  /** How often all of them are; 0 for ever. */
  readonly loop?: number;
}

/** An image whose header has been read, and which may be decoded. */
export interface OpenImage {
  readonly metadata: Metadata;
  /** As shown. */
  readonly size: Size;
  /** 1 for a still image. */
  readonly frames: number;
  readonly timing: Timing;
  /** Starts a pipeline: upright and in sRGB; the first frame, or as many as are asked for. */
  decode(frames?: number): Sharp;
}

/** @throws RefusedImage for an image of another type, and for one with more pixels than allowed. */
export async function openImage(bytes: Buffer, type: MediaType, limits: DecodeLimits): Promise<OpenImage> {
  // The limit is checked here, so that too large and unreadable can be told apart.
  const header = await readHeader(bytes);
  if (!isOfType(header, type)) throw new RefusedImage('not_as_declared', `It is ${header.format}.`);
  // sharp tells the size as shown beside that of the pixels as stored.
  const size = { width: header.autoOrient.width, height: header.autoOrient.height };
  const pixels = size.width * size.height;
  if (pixels > limits.maxPixels) throw new RefusedImage('too_many_pixels', `It has ${pixels} pixels.`);
  const frames = framesWithin(header, pixels, limits);
  return {
    metadata: header,
    size,
    frames,
    timing: timingOf(header, frames),
    decode: (wanted = 1) => {
      const options: SharpOptions = {
        failOn: 'warning',
        limitInputPixels: Math.max(limits.maxPixels, pixels * wanted),
        pages: wanted,
        autoOrient: true,
      };
      return inSrgb(sharp(bytes, options), header);
    },
  };
}

async function readHeader(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { failOn: 'warning', limitInputPixels: false, pages: 1 }).metadata();
  } catch (error) {
    // What none of the loaders takes that may run: only the declared type's may.
    if (!String(error).includes('unsupported image format')) throw error;
    throw new RefusedImage('not_as_declared', String(error));
  }
}

function isOfType(header: Metadata, type: MediaType): boolean {
  if (type === 'image/avif') return header.format === 'heif' && header.compression === 'av1';
  return `image/${header.format}` === type;
}

/** Frames beyond the limits are left out. AVIF's sequences are shown as the still image that they carry. */
function framesWithin(
  { format, pages = 1, orientation = 1 }: Metadata,
  pixels: number,
  limits: DecodeLimits,
) {
  // libvips cannot turn an animation, and nobody makes one that would need it.
  if ((format !== 'gif' && format !== 'webp') || orientation !== 1) return 1;
  return Math.max(1, Math.min(pages, limits.maxFrames, Math.floor(limits.maxAnimationPixels / pixels)));
}

/**
 * sharp converts what has a profile by itself, but more than 8 bits a channel to Display P3 in between, and
 * 0.35.5 leaves it there. Naming sRGB as the output profile makes it go all the way.
 */
function inSrgb(image: Sharp, { depth, hasProfile }: Metadata): Sharp {
  const pipeline = image.toColourspace('srgb');
  return hasProfile && depth === 'ushort' ? pipeline.withIccProfile('srgb', { attach: false }) : pipeline;
}

function timingOf({ delay, loop }: Metadata, frames: number): Timing {
  return {
    ...(delay !== undefined && delay.length >= frames && { delay: delay.slice(0, frames) }),
    ...(loop !== undefined && { loop }),
  };
}
