import sharp, { type Sharp } from 'sharp';
import { releaseMemory } from '../../domain/release-memory.ts';
import { type PresetPlan, presetsFor, type RenditionPlan, type Size } from '../../domain/rendition.ts';
import { encoded, fitted } from './encode.ts';
import { readExif } from './exif.ts';
import { PLACEHOLDER_SIDE, placeholderOf } from './placeholder.ts';
import type { DecoderRequest, Developed } from './protocol.ts';
import { type OpenImage, openImage } from './source-image.ts';

type DevelopRequest = Extract<DecoderRequest, { job: 'develop' }>;

/** Decoded pixels: upright, sRGB, 8 bits; frames lie below one another. */
interface Pixels extends Size {
  readonly data: Buffer;
  readonly channels: 1 | 2 | 3 | 4;
  readonly frames: number;
}

/**
 * Decodes an image once, scaled to its largest preset, and makes the smaller ones and the placeholder from
 * that: a sixth less work than each from the original.
 */
export async function develop(
  bytes: Buffer,
  { content_type, limits, format }: DevelopRequest,
): Promise<{ readonly header: Developed; readonly parts: readonly Buffer[] }> {
  const image = await openImage(bytes, content_type, limits);
  const exif = image.metadata.exif === undefined ? null : readExif(image.metadata.exif);
  const wanted = presetsFor(image.size, format);
  const pixels = await decodeFor(image, wanted, format === 'webp' ? image.frames : 1);
  const make = async ({ preset, plan }: PresetPlan) => {
    const moving = pixels.frames > 1 && plan.fit !== 'cover';
    const start = fitted(startFrom(pixels, plan, image), plan);
    return { preset, part: await encoded(start, plan, exif, moving ? image.timing : undefined) };
  };
  const [shown, presets] = await Promise.all([placeholder(pixels), allOrEach(pixels, wanted, make)]);
  // Nobody reads them any more; where one has failed, others may.
  releaseMemory(pixels.data);
  return {
    header: {
      ...image.size,
      placeholder: shown,
      exif,
      presets: presets.map(({ preset, part }) => ({ preset, size_bytes: part.length })),
    },
    parts: presets.map(({ part }) => part),
  };
}

/** All at once where it is a still picture; the frames of an animation take too much memory for that. */
async function allOrEach<Made>(
  { frames }: Pixels,
  wanted: readonly PresetPlan[],
  make: (wanted: PresetPlan) => Promise<Made>,
): Promise<Made[]> {
  if (frames === 1) return Promise.all(wanted.map(make));
  const made: Made[] = [];
  for (const each of wanted) made.push(await make(each));
  return made;
}

/** The pixels of the largest preset, which is the last and shows the whole image. */
async function decodeFor(image: OpenImage, wanted: readonly PresetPlan[], frames: number): Promise<Pixels> {
  const { width, height } = wanted.at(-1)?.plan ?? image.size;
  const { data, info } = await image
    .decode(frames)
    .resize({ width, height, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width, height, frames, channels: info.channels };
}

/**
 * Where a preset starts from. What is cut to what draws the eye is one still picture. A long and narrow image
 * may have too few pixels left on its short side: then it is the original.
 */
function startFrom(pixels: Pixels, plan: RenditionPlan, image: OpenImage): Sharp {
  if (plan.width > pixels.width || plan.height > pixels.height) return image.decode();
  return plan.fit === 'cover' ? firstOf(pixels) : allOf(pixels);
}

function allOf({ data, width, height, channels, frames }: Pixels): Sharp {
  const raw = { width, height: height * frames, channels };
  return frames === 1
    ? sharp(data, { raw })
    : sharp(data, { raw: { ...raw, pageHeight: height }, pages: -1 });
}

function firstOf({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data.subarray(0, width * height * channels), { raw: { width, height, channels } });
}

async function placeholder(pixels: Pixels) {
  const scale = Math.min(1, PLACEHOLDER_SIDE / Math.max(pixels.width, pixels.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const size = { width: side(pixels.width), height: side(pixels.height) };
  const rgba = await firstOf(pixels)
    .resize({ ...size, fit: 'fill' })
    .ensureAlpha()
    .raw()
    .toBuffer();
  return placeholderOf(rgba, size);
}
