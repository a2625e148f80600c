import { rgbaToThumbHash } from 'thumbhash';
import type { Placeholder } from '../../domain/image.ts';
import type { Size } from '../../domain/rendition.ts';

/** Longest side of the pixels that a placeholder is made from: ThumbHash takes no more. */
export const PLACEHOLDER_SIDE = 100;

/** What shows through where an image is nothing but transparent. */
const NOTHING = '#ffffff';

/** A placeholder from at most 100 x 100 pixels: sRGB with alpha, not premultiplied. */
export function placeholderOf(rgba: Uint8Array, { width, height }: Size): Placeholder {
  return {
    thumbhash: Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64'),
    color: dominantColor(rgba),
  };
}

/**
 * The colour that most of the image has: colours are counted in cubes of 16 a side, as much as they can be
 * seen, and the mean of the fullest cube is the answer.
 */
export function dominantColor(rgba: Uint8Array): string {
  const cubes = new Map<number, [weight: number, red: number, green: number, blue: number]>();
  for (let at = 0; at + 3 < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(at, at + 4);
    if (alpha === 0) continue;
    const key = ((red >> 4) << 8) | ((green >> 4) << 4) | (blue >> 4);
    const cube = cubes.get(key) ?? [0, 0, 0, 0];
    cubes.set(key, cube);
    cube[0] += alpha;
    cube[1] += red * alpha;
    cube[2] += green * alpha;
    cube[3] += blue * alpha;
  }
  let fullest: readonly [number, number, number, number] | undefined;
  for (const cube of cubes.values()) if (cube[0] > (fullest?.[0] ?? 0)) fullest = cube;
  if (fullest === undefined) return NOTHING;
  const [weight, ...sums] = fullest;
  return `#${sums
    .map((sum) =>
      Math.round(sum / weight)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
