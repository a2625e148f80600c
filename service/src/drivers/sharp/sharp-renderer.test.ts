import exifReader from 'exif-reader';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../../../test/support/corpus.ts';
import { isRunning } from '../../../test/support/decoder-program.ts';
import { onlyWhenLarge } from '../../../test/support/large.ts';
import { quarters, sourceImage, turnedQuarters } from '../../../test/support/made-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { isDomainError } from '../../domain/errors.ts';
import { sniffType } from '../../domain/image-header.ts';
import { MEDIA_TYPES, type MediaType } from '../../domain/media-type.ts';
import { planRendition, presetsFor } from '../../domain/rendition.ts';
import { SharpRenderer } from './sharp-renderer.ts';

let renderer: SharpRenderer;
beforeAll(() => {
  renderer = new SharpRenderer();
});
afterAll(() => renderer.close());

const develop = (bytes: Uint8Array, type: MediaType, format: 'webp' | 'avif' = 'webp') =>
  renderer.develop(sourceImage(bytes, type), { format });

describe('the renderer, with decoders of its own', () => {
  test.each(MEDIA_TYPES)('develops %s', async (type) => {
    const { bytes, width, height } = SMALL_IMAGES[type];
    const image = await develop(bytes, type);
    expect(image).toMatchObject({ width, height, exif: null });
    expect(image.presets.map(({ preset, width, height }) => ({ preset, width, height }))).toEqual([
      { preset: 'thumb', width: 6, height: 6 },
      { preset: 'small', width: 8, height: 6 },
    ]);
    for (const { bytes: preset } of image.presets) {
      expect((await sharp(preset).metadata()).format).toBe('webp');
    }
  });

  test.each(['webp', 'avif'] as const)(
    'makes all presets as %s, and tells what the file says',
    async (format) => {
      const turned = await turnedQuarters(6, 3000, 2400);
      const image = await develop(turned, 'image/jpeg', format);
      expect(image).toMatchObject({ width: 3000, height: 2400, exif: { image: { Orientation: 6 } } });
      const shape = image.presets.map(({ bytes: _bytes, ...preset }) => preset);
      expect(shape).toEqual(
        presetsFor({ width: 3000, height: 2400 }, format).map(({ preset, plan: { width, height } }) => ({
          ...{ preset, width, height },
          content_type: `image/${format}`,
        })),
      );
    },
  );

  test.each(['webp', 'avif', 'jpeg', 'png'] as const)('renders %s', async (format) => {
    const bytes = await quarters().jpeg().toBuffer();
    const request = { width: 120, height: 120, fit: 'cover', keep: 'centre', format, quality: 70 } as const;
    const plan = planRendition(request, { width: 400, height: 300 });
    const image = await renderer.render(sourceImage(bytes, 'image/jpeg'), plan);
    expect(image).toMatchObject({ content_type: `image/${format}`, width: 120, height: 120 });
    expect(await sharp(image.bytes).metadata()).toMatchObject({ width: 120, height: 120 });
  });

  test('says nothing of the place in any preset', async () => {
    const gps = { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' };
    const tags = { IFD0: { Make: 'Example', Copyright: 'Ada' }, IFD3: gps };
    const bytes = await quarters(900, 600).withExif(tags).jpeg().toBuffer();
    for (const format of ['webp', 'avif'] as const) {
      const image = await develop(bytes, 'image/jpeg', format);
      expect(image.exif?.gps).toEqual({ GPSLatitudeRef: 'N', GPSLatitude: [51, 30, 0] });
      for (const { bytes: preset } of image.presets) {
        const exif = exifReader((await sharp(preset).metadata()).exif ?? Buffer.alloc(0));
        expect(exif.Image?.Copyright).toBe('Ada');
        expect([exif.GPSInfo, exif.Image?.['GPSTag'], exif.Image?.Make]).toEqual(Array(3).fill(undefined));
      }
    }
  });

  test('works on several images at a time', async () => {
    const bytes = await quarters().png().toBuffer();
    const images = await Promise.all(Array.from({ length: 12 }, () => develop(bytes, 'image/png')));
    expect(new Set(images.map(({ placeholder }) => placeholder.thumbhash)).size).toBe(1);
    expect(renderer.pids.length).toBeLessThanOrEqual(2);
  });

  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>');
  test.each([
    ['SVG', async () => svg],
    ['TIFF', () => quarters().tiff().toBuffer()],
    ['text', async () => Buffer.from('no image at all')],
    ['another accepted type', () => quarters().jpeg().toBuffer()],
  ])('decodes nothing but the type that it is told: %s', async (_name, bytes) => {
    await expect(develop(await bytes(), 'image/png')).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: 'The bytes are not an image of the type image/png.',
    });
  });

  test('says of a damaged image that it is, and keeps the words of the library for the log', async () => {
    const bytes = await quarters().png().toBuffer();
    const failure = await develop(bytes.subarray(0, bytes.length - 40), 'image/png').catch((error) => error);
    expect(failure).toMatchObject({
      code: 'unprocessable_image',
      message: 'The image cannot be decoded: it is damaged or incomplete.',
      cause: { message: expect.stringMatching(/png/i) },
    });
  });

  test('refuses an empty image', async () => {
    await expect(develop(Buffer.alloc(0), 'image/png')).rejects.toMatchObject({
      code: 'unprocessable_image',
    });
  });

  test('refuses more pixels than it may decode', async () => {
    const small = new SharpRenderer({ maxPixels: 1_000 });
    const bytes = await quarters().png().toBuffer();
    await expect(small.develop(sourceImage(bytes, 'image/png'), { format: 'webp' })).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: 'The image has more than the 1000 pixels that are allowed in all.',
    });
    await small.close();
  });

  test('an image that takes more memory than it may costs that image alone', async () => {
    const tight = new SharpRenderer({ memoryLimitBytes: 140 * 1024 * 1024 });
    const header = { width: 5_000, height: 5_000, channels: 3, background: '#123456' } as const;
    // Small as a file; interlaced, it has to be held as a whole.
    const bytes = await sharp({ create: header }).png({ progressive: true }).toBuffer();
    expect(bytes.length).toBeLessThan(1_000_000);
    await expect(tight.develop(sourceImage(bytes, 'image/png'), { format: 'webp' })).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: 'The image takes more memory to decode than is allowed.',
    });
    const { bytes: next } = SMALL_IMAGES['image/png'];
    await expect(tight.develop(sourceImage(next, 'image/png'), { format: 'webp' })).resolves.toBeDefined();
    await tight.close();
  });
});

describe('the corpus', () => {
  /** Every one ends with an image or a reason, and none with a decoder that does not work any more. */
  async function developAll(set: 'hostile' | 'odd') {
    const outcomes: Record<string, string> = {};
    for (const file of corpusFiles(set)) {
      const bytes = await readCorpusFile(file);
      const type = sniffType(bytes) ?? 'image/jpeg';
      outcomes[file.file] = await develop(bytes, type).then(
        () => 'developed',
        (error: unknown) => (isDomainError(error) ? error.code : String(error)),
      );
    }
    return outcomes;
  }

  test('of hostile files costs nothing but those files', async (context) => {
    onlyWhenLarge(context);
    skipWithoutCorpus(context);
    const before = renderer.pids;
    const outcomes = await developAll('hostile');
    const bad = Object.entries(outcomes).filter(([, o]) => o !== 'developed' && o !== 'unprocessable_image');
    expect(bad).toEqual([]);
    expect(Object.keys(outcomes).length).toBeGreaterThan(300);
    await expect(develop(SMALL_IMAGES['image/png'].bytes, 'image/png')).resolves.toBeDefined();
    const { pids } = renderer;
    expect(pids.length).toBeLessThanOrEqual(2);
    const left = before.filter((pid) => !pids.includes(pid));
    await vi.waitFor(() => expect(left.filter(isRunning)).toEqual([]), { timeout: 10_000 });
  });

  test('of odd files is developed as far as its types are accepted', async (context) => {
    skipWithoutCorpus(context);
    onlyWhenLarge(context);
    const outcomes = await developAll('odd');
    const accepted = new Set(['jpeg', 'png', 'webp', 'gif', 'heif']);
    const expected = corpusFiles('odd').map(({ file, format = '' }) => [
      file,
      accepted.has(format) ? 'developed' : 'unprocessable_image',
    ]);
    expect(Object.entries(outcomes)).toEqual(expected);
  });
});
