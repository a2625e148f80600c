import * as z from 'zod';
import { readImageHeader } from '../../domain/image-header.ts';
import type { MediaType } from '../../domain/media-type.ts';
import { PRESET_NAMES, presetsFor, type RenditionPlan, type Size } from '../../domain/rendition.ts';
import type { DevelopedImage, RenderedImage, WantedPresets } from '../../ports/renderer.ts';
import type { Frame, FrameRules } from './frames.ts';
import { EXIF_BOUNDS, REFUSALS, type Refused } from './protocol.ts';

/**
 * What a decoder answers, checked: a hostile image may speak through it. Names, lengths and sizes have bounds,
 * presets are those that belong to the size, and bytes are images of the type and the size that was asked for.
 */

/** All bytes of an answer. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const MAX_HEADER_BYTES = 64 * 1024;

const side = z
  .int()
  .min(1)
  .max(2 ** 31);
const sizeBytes = z.int().min(1).max(MAX_ANSWER_BYTES);

const exifTags = z
  .record(
    z.string().regex(/^[A-Za-z0-9]{1,40}$/),
    z.union([z.string().max(EXIF_BOUNDS.text), z.number(), z.array(z.number()).max(EXIF_BOUNDS.list)]),
  )
  .refine((tags) => Object.keys(tags).length <= EXIF_BOUNDS.tags);

const refused = z.strictObject({ refused: z.enum(REFUSALS), detail: z.string().max(500) });

const developed = z.strictObject({
  width: side,
  height: side,
  placeholder: z.strictObject({
    // A ThumbHash has at most 25 bytes.
    thumbhash: z.base64().min(8).max(36),
    color: z.string().regex(/^#[0-9a-f]{6}$/),
  }),
  exif: z.strictObject({ image: exifTags, photo: exifTags, gps: exifTags }).nullable(),
  presets: z.array(z.strictObject({ preset: z.enum(PRESET_NAMES), size_bytes: sizeBytes })),
});

const rendered = z.strictObject({ size_bytes: sizeBytes });

type DevelopAnswer = Refused | z.infer<typeof developed>;
type RenderAnswer = Refused | z.infer<typeof rendered>;

const isRefused = (answer: object): answer is Refused => 'refused' in answer;

export const developRules: FrameRules<DevelopAnswer> = {
  maxHeaderBytes: MAX_HEADER_BYTES,
  readHeader: (json) => z.union([refused, developed]).parse(json),
  bodyLength: (answer) => (isRefused(answer) ? 0 : bounded(answer.presets)),
};

export const renderRules: FrameRules<RenderAnswer> = {
  maxHeaderBytes: MAX_HEADER_BYTES,
  readHeader: (json) => z.union([refused, rendered]).parse(json),
  bodyLength: (answer) => (isRefused(answer) ? 0 : answer.size_bytes),
};

function bounded(parts: readonly { readonly size_bytes: number }[]): number {
  const sum = parts.reduce((total, { size_bytes }) => total + size_bytes, 0);
  if (sum > MAX_ANSWER_BYTES) throw new Error(`The answer has ${sum} bytes.`);
  return sum;
}

/** @throws Error for what cannot be the answer. */
export function acceptDeveloped(
  { header, body }: Frame<DevelopAnswer>,
  format: WantedPresets['format'],
  maxPixels: number,
): DevelopedImage | Refused {
  if (isRefused(header)) return header;
  const { width, height, placeholder, exif } = header;
  if (width * height > maxPixels) throw new Error('The image has more pixels than are decoded.');
  const expected = presetsFor({ width, height }, format);
  if (expected.map(({ preset }) => preset).join() !== header.presets.map(({ preset }) => preset).join()) {
    throw new Error('These are not the presets of an image of its size.');
  }
  let start = 0;
  const presets = expected.map(({ preset, plan }, index) => {
    const end = start + (header.presets[index]?.size_bytes ?? 0);
    const bytes = body.subarray(start, end);
    start = end;
    return { preset, ...asPlanned(bytes, plan) };
  });
  return { width, height, placeholder, exif, presets };
}

/** @throws Error for what cannot be the answer. */
export function acceptRendered(
  { header, body }: Frame<RenderAnswer>,
  plan: RenditionPlan,
): RenderedImage | Refused {
  return isRefused(header) ? header : asPlanned(body, plan);
}

function asPlanned(bytes: Uint8Array, plan: RenditionPlan): RenderedImage {
  const { width, height }: Size = plan;
  const content_type: MediaType = `image/${plan.format}`;
  const limits = { maxPixels: width * height, acceptedTypes: new Set([content_type]) };
  const header = readImageHeader(bytes, true, limits);
  if (header?.width !== width || header.height !== height) {
    throw new Error(`It made ${header?.width} x ${header?.height} pixels instead of ${width} x ${height}.`);
  }
  return { content_type, width, height, bytes };
}
