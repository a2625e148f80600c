import sharp from 'sharp';
import type { MediaType } from '../../src/domain/media-type.ts';
import type { SourceImage } from '../../src/ports/renderer.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** A picture that shows which way up it is: red, green, blue and yellow quarters, from the top left on. */
export const QUARTERS: readonly Rgb[] = [
  [220, 30, 30],
  [30, 170, 40],
  [40, 60, 210],
  [240, 210, 20],
];

export function quarters(width = 400, height = 300) {
  const part = { width: width / 2, height: height / 2, channels: 3 } as const;
  const tiles = QUARTERS.map(([r, g, b], index) => ({
    input: { create: { ...part, background: { r, g, b } } },
    left: (index % 2) * part.width,
    top: Math.floor(index / 2) * part.height,
  }));
  return sharp({ create: { width, height, channels: 3, background: '#000000' } })
    .composite(tiles)
    .removeAlpha();
}

type Turn = 'flop' | 'flip' | 'left' | 'right' | 'around';

/** What, done to an upright picture step by step, its EXIF orientation undoes (EXIF 2.32, tag 274). */
const TURNS: readonly (readonly Turn[])[] = [
  [],
  ['flop'],
  ['around'],
  ['flip'],
  ['right', 'flop'],
  ['left'],
  ['right', 'flip'],
  ['right'],
];

const DEGREES = { left: 270, right: 90, around: 180 };

/** The quarters as a camera stores them that was held in one of the eight ways. */
export async function turnedQuarters(orientation: number, width = 400, height = 300): Promise<Buffer> {
  let picture = await quarters(width, height).png().toBuffer();
  for (const turn of TURNS[orientation - 1] ?? []) {
    const step = sharp(picture);
    // Each on its own: together sharp would do them in an order of its own.
    const turned = turn === 'flip' || turn === 'flop' ? step[turn]() : step.rotate(DEGREES[turn]);
    picture = await turned.png().toBuffer();
  }
  return sharp(picture).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}

/** Frames of one colour each, as an animation. */
export async function animation(
  colors: readonly Rgb[],
  format: 'gif' | 'webp',
  { width = 80, height = 60 } = {},
): Promise<Buffer> {
  const frames = await Promise.all(
    colors.map(([r, g, b]) =>
      sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
        .png()
        .toBuffer(),
    ),
  );
  const timing = { delay: colors.map((_, index) => 100 + 20 * index), loop: 3 };
  const joined = sharp(frames, { join: { animated: true } });
  return format === 'gif'
    ? joined.gif(timing).toBuffer()
    : joined.webp({ ...timing, lossless: true }).toBuffer();
}

/** Pixels of an encoded image, RGBA, read by nothing but sharp. */
export async function pixelsOf(bytes: Uint8Array, page = 0) {
  const { data, info } = await sharp(bytes, { page })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    ...info,
    at: (x: number, y: number) => {
      const start = (Math.min(info.height - 1, Math.floor(y)) * info.width + Math.floor(x)) * 4;
      return [...data.subarray(start, start + 4)];
    },
  };
}

/** Bytes as a renderer is given them. */
export function sourceImage(bytes: Uint8Array, content_type: MediaType, chunkBytes = 64 * 1024): SourceImage {
  return {
    content_type,
    size_bytes: bytes.length,
    async *stream() {
      for (let at = 0; at < bytes.length; at += chunkBytes)
        yield Buffer.from(bytes.subarray(at, at + chunkBytes));
    },
  };
}
