import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import exifReader from 'exif-reader';
import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { sniffType } from '../../src/domain/image-header.ts';
import type { Size } from '../../src/domain/rendition.ts';
import { SharpRenderer } from '../../src/drivers/sharp/sharp-renderer.ts';
import type { DevelopedImage } from '../../src/ports/renderer.ts';
import { type CorpusFile, corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { sourceImage } from '../support/made-images.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const run = promisify(execFile);
const CORPUS = fileURLToPath(new URL('../../../../shared/corpus/', import.meta.url));

/** Turned, with profiles, in CMYK, with 16 bits a channel, grey. */
const UNUSUAL = [
  /paris_exif_orientation_5\.jpg$/,
  /hopper_orientation_[3478]\.webp$/,
  /racecar_rotated\.jpg$/,
  /paris_icc_exif_xmp\.png$/,
  /16bit_photoshop\.png$/,
  /rgb-alpha-16\.png$/,
  /16bit_grayscale\.png$/,
  /cmyk\.jpe?g$/,
];

const CMYK = /cmyk/;

/** Of 255. What shows to the eye is more than this. */
const SAME_COLORS = { mean: 2, most: 24 };

/** Inks without a profile have no colours of their own: each version of libvips has another opinion of them. */
const INKS = { mean: 35, most: 80 };

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let renderer: SharpRenderer;
beforeAll(async () => {
  folder = await scratchFolder();
  renderer = new SharpRenderer();
});
afterAll(async () => {
  await renderer.close();
  await folder[Symbol.asyncDispose]();
});

async function skipWithoutVips(context: TestContext): Promise<void> {
  const there = await run('vipsthumbnail', ['--version']).catch(() => undefined);
  if (there !== undefined) return;
  const reason = 'there is no vipsthumbnail to compare with (on Debian: the package libvips-tools)';
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}

/**
 * The image as libvips' own tool shows it in that size: upright, in sRGB, 8 bits a channel, without a profile.
 * What has no profile is sRGB already; the tool would take it through another one all the same.
 */
async function reference({ file }: CorpusFile, { width, height }: Size): Promise<Buffer> {
  const output = join(folder.path, 'reference.png');
  const size = `${width}x${height}!`;
  const { hasProfile } = await sharp(join(CORPUS, file)).metadata();
  const profile = hasProfile ? ['--export-profile', 'srgb'] : [];
  const how = [...profile, '--size', size, '--output', `${output}[strip,bitdepth=8,compression=1]`];
  await run('vipsthumbnail', [join(CORPUS, file), ...how]);
  return readFile(output);
}

/** Seen from afar, where what a codec does to details does not show. */
async function fromAfar(bytes: Uint8Array): Promise<Buffer> {
  // Decoded first: on the way to a small size sharp would let the decoder of a WebP skip pixels.
  const opaque = sharp(bytes).flatten({ background: '#808080' }).raw();
  const { data, info } = await opaque.toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return sharp(data, { raw: { width, height, channels } }).resize(48, 48, { fit: 'fill' }).raw().toBuffer();
}

async function differences(one: Uint8Array, other: Uint8Array): Promise<number[]> {
  const [a, b] = [await fromAfar(one), await fromAfar(other)];
  expect(a.length).toBe(b.length);
  return [...a].map((value, index) => Math.abs(value - (b[index] ?? 0)));
}

async function expectLikeReference(file: CorpusFile, image: DevelopedImage): Promise<void> {
  for (const { preset, bytes, width, height } of image.presets) {
    // Which part a thumb shows is a matter of taste.
    if (preset === 'thumb') continue;
    const found = await differences(bytes, await reference(file, { width, height }));
    const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
    const where = `${file.file}, ${preset}`;
    const { mean: usual, most } = CMYK.test(file.file) ? INKS : SAME_COLORS;
    const alike = { mean: mean < usual, most: Math.max(...found) < most };
    expect({ where, ...alike }).toEqual({ where, mean: true, most: true });
  }
}

async function expectNothingPrivate(image: DevelopedImage): Promise<void> {
  for (const { bytes } of image.presets) {
    const { exif, xmp, iptc } = await sharp(bytes).metadata();
    expect([xmp, iptc]).toEqual([undefined, undefined]);
    const tags = exif === undefined ? {} : exifReader(exif);
    expect('GPSInfo' in tags ? tags.GPSInfo : undefined).toBeUndefined();
  }
}

/** The hash that the library makes of these pixels, scaled in the same two steps. */
async function expectReferenceHash(original: Buffer, image: DevelopedImage): Promise<void> {
  const largest = image.presets.at(-1) ?? image;
  const scale = Math.min(1, 100 / Math.max(largest.width, largest.height));
  const width = Math.max(1, Math.round(largest.width * scale));
  const height = Math.max(1, Math.round(largest.height * scale));
  const decoded = await sharp(original, { autoOrient: true })
    .resize(largest.width, largest.height, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { channels } = decoded.info;
  const pixels = sharp(decoded.data, { raw: { width: largest.width, height: largest.height, channels } });
  const rgba = await pixels.resize(width, height, { fit: 'fill' }).ensureAlpha().raw().toBuffer();
  const hash = Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64');
  expect(image.placeholder.thumbhash).toBe(hash);
}

async function developed(file: CorpusFile): Promise<{ bytes: Buffer; image: DevelopedImage }> {
  const bytes = await readCorpusFile(file);
  const source = sourceImage(bytes, sniffType(bytes) ?? 'image/jpeg');
  return { bytes, image: await renderer.develop(source, { format: 'webp' }) };
}

test('every photograph is shown in the colours and the way up of libvips, and says nothing private', {
  timeout: 300_000,
}, async (context) => {
  onlyWhenLarge(context);
  skipWithoutCorpus(context);
  await skipWithoutVips(context);
  const photographs = corpusFiles('photos');
  expect(photographs).toHaveLength(26);
  for (const file of photographs) {
    const { bytes, image } = await developed(file);
    expect(image.presets.map(({ preset }) => preset)).toContain('medium');
    await expectLikeReference(file, image);
    await expectNothingPrivate(image);
    await expectReferenceHash(bytes, image);
  }
});

test('unusual images are shown in the colours and the way up of libvips', async (context) => {
  onlyWhenLarge(context);
  skipWithoutCorpus(context);
  await skipWithoutVips(context);
  const unusual = corpusFiles('odd').filter(({ file }) => UNUSUAL.some((name) => name.test(file)));
  expect(unusual.length).toBeGreaterThanOrEqual(UNUSUAL.length);
  for (const file of unusual) {
    const { image } = await developed(file);
    await expectLikeReference(file, image);
    await expectNothingPrivate(image);
  }
});
