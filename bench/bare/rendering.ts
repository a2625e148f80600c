import { readFile } from 'node:fs/promises';
import exifReader from 'exif-reader';
import sharp, { type Sharp, type WebpOptions } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import type { StoreFile } from './durable-files.ts';

/**
 * What Tintype makes of photographs, by sharp alone: the same sizes, qualities and efforts, in this very process, with
 * nothing around it that would survive a hostile file.
 */

const WEBP: WebpOptions = { quality: 80, effort: 2 };

/** One thread an image, and as many images at a time as there are processors: the best found (docs/performance.md). */
sharp.concurrency(1);
sharp.cache(false);

interface Pixels {
  readonly data: Buffer;
  readonly raw: { readonly width: number; readonly height: number; readonly channels: 1 | 2 | 3 | 4 };
}

const from = ({ data, raw }: Pixels) => sharp(data, { raw });
const inside = (side: number) =>
  ({ width: side, height: side, fit: 'inside', withoutEnlargement: true }) as const;

async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, raw: { width: info.width, height: info.height, channels: info.channels } };
}

/** Four presets, a placeholder, and what EXIF says: the largest first, each of the others from one that is there. */
export async function developPlainly(file: string, store: StoreFile): Promise<void> {
  const bytes = await readFile(file);
  const { exif } = await sharp(bytes).metadata();
  if (exif) exifReader(exif);
  const large = await pixelsOf(sharp(bytes, { autoOrient: true }).resize(inside(2048)));
  const small = await pixelsOf(from(large).resize(inside(640)));
  const made = [
    await from(large).webp(WEBP).toBuffer(),
    await from(large).resize(inside(1280)).webp(WEBP).toBuffer(),
    await from(small).webp(WEBP).toBuffer(),
    await from(small).resize({ width: 256, height: 256, position: 'attention' }).webp(WEBP).toBuffer(),
  ];
  const { data, raw } = await pixelsOf(from(small).resize(inside(100)).ensureAlpha());
  rgbaToThumbHash(raw.width, raw.height, data);
  await Promise.all(made.map((each) => store([each])));
}

/** One rendition, of the width and in the format that are asked for. */
export async function renderPlainly(
  file: string,
  { width, format }: { readonly width: number; readonly format: 'webp' | 'jpeg' },
  store: StoreFile,
): Promise<void> {
  const resized = sharp(await readFile(file), { autoOrient: true }).resize({ width });
  const encoded = format === 'webp' ? resized.webp(WEBP) : resized.jpeg({ quality: 80 });
  await store([await encoded.toBuffer()]);
}
