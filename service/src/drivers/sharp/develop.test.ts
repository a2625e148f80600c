import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  animation,
  pixelsOf,
  QUARTERS,
  quarters,
  turnedQuarters,
} from '../../../test/support/made-images.ts';
import type { MediaType } from '../../domain/media-type.ts';
import type { WantedPresets } from '../../ports/renderer.ts';
import { develop } from './develop.ts';

const limits = { maxPixels: 50_000_000, maxFrames: 100, maxAnimationPixels: 25_000_000 };

async function developed(
  bytes: Buffer,
  content_type: MediaType,
  { format = 'webp', ...narrower }: Partial<WantedPresets & typeof limits> = {},
) {
  const size_bytes = bytes.length;
  const request = {
    job: 'develop',
    content_type,
    size_bytes,
    format,
    limits: { ...limits, ...narrower },
  } as const;
  const { header, parts } = await develop(bytes, request);
  const presets = Object.fromEntries(header.presets.map(({ preset }, index) => [preset, parts[index]]));
  const preset = (name: string): Buffer => presets[name] ?? Buffer.alloc(0);
  return { ...header, names: Object.keys(presets), preset };
}

const near = (color: readonly number[], within = 12) =>
  color.map((value) => expect.closeTo(value, -Math.log10(2 * within)));

/** The colours in the middle of the quarters. */
async function quarterColors(bytes: Buffer) {
  const { at, width, height } = await pixelsOf(bytes);
  return [
    at(width / 4, height / 4),
    at((3 * width) / 4, height / 4),
    at(width / 4, (3 * height) / 4),
    at((3 * width) / 4, (3 * height) / 4),
  ].map((color) => color.slice(0, 3));
}

const upright = () => QUARTERS.map((color) => near(color));

describe('developing an image', () => {
  test('gives the memory of its pixels back at once, and none where something has failed', async () => {
    const released: number[] = [];
    const transfer = vi.spyOn(ArrayBuffer.prototype, 'transfer');
    transfer.mockImplementation(function (this: ArrayBuffer) {
      released.push(this.byteLength);
      return new ArrayBuffer(0);
    });
    onTestFinished(() => transfer.mockRestore());
    await developed(await quarters().png().toBuffer(), 'image/png');
    expect(released).toEqual([400 * 300 * 3]);
    const whole = await quarters().jpeg().toBuffer();
    await expect(developed(whole.subarray(0, whole.length / 2), 'image/jpeg')).rejects.toThrow();
    expect(released.length).toBe(1);
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('reads %s', async (format) => {
    const bytes = await quarters().toFormat(format, { quality: 90 }).toBuffer();
    const image = await developed(bytes, `image/${format}`);
    expect(image).toMatchObject({ width: 400, height: 300, exif: null, names: ['thumb', 'small'] });
    expect(await quarterColors(image.preset('small'))).toEqual(upright());
  });

  test.each(['webp', 'avif'] as const)('makes all presets of a large image as %s', async (format) => {
    const bytes = await quarters(3000, 2000).jpeg().toBuffer();
    const image = await developed(bytes, 'image/jpeg', { format });
    const sizes = await Promise.all(
      image.names.map(async (name) => {
        const { format: made, width, height } = await sharp(image.preset(name)).metadata();
        return [name, made, width, height];
      }),
    );
    const made = format === 'avif' ? 'heif' : 'webp';
    expect(sizes).toEqual([
      ['thumb', made, 256, 256],
      ['small', made, 640, 427],
      ['medium', made, 1280, 853],
      ['large', made, 2048, 1365],
    ]);
    // Of the thumb it is not said which part it shows.
    for (const name of ['small', 'medium', 'large']) {
      expect(await quarterColors(image.preset(name))).toEqual(upright());
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns orientation %i upright, and says the size as shown',
    async (o) => {
      const image = await developed(await turnedQuarters(o), 'image/jpeg');
      expect(image).toMatchObject({ width: 400, height: 300, exif: { image: { Orientation: o } } });
      for (const name of image.names) {
        expect(await quarterColors(image.preset(name))).toEqual(upright());
        // Whoever shows it must not turn it again.
        expect((await sharp(image.preset(name)).metadata()).orientation ?? 1).toBe(1);
      }
    },
  );

  test('the thumb of a long and narrow image has all pixels that the original has for it', async () => {
    // Stripes of 2 pixels: scaled down to the 150 rows of `large` and up again they would be grey.
    const [width, height] = [4000, 300];
    const data = Buffer.alloc(width * height * 3, 0);
    for (let y = 0; y < height; y += 4) data.fill(255, y * width * 3, (y + 2) * width * 3);
    const striped = await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const image = await developed(striped, 'image/png');
    const thumb = sharp(image.preset('thumb'));
    expect(await thumb.metadata()).toMatchObject({ width: 256, height: 256 });
    expect((await thumb.stats()).channels[0]?.stdev).toBeGreaterThan(80);
  });

  test.each([
    [1, 1],
    [1, 3000],
    [3000, 1],
  ])('an image of %i x %i pixels has presets and a placeholder', async (width, height) => {
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
    const image = await developed(bytes, 'image/png');
    expect(image).toMatchObject({ width, height, placeholder: { color: '#336699' } });
    expect(await sharp(image.preset('thumb')).metadata()).toMatchObject({ width: 1, height: 1 });
  });

  test('transparency stays', async () => {
    const background = { r: 200, g: 0, b: 0, alpha: 0.5 };
    const bytes = await sharp({ create: { width: 300, height: 200, channels: 4, background } })
      .png()
      .toBuffer();
    const image = await developed(bytes, 'image/png');
    const { at } = await pixelsOf(image.preset('small'));
    expect(at(150, 100)).toEqual(near([200, 0, 0, 128], 4));
  });

  test('an image of another type than declared is refused', async () => {
    const bytes = await quarters().png().toBuffer();
    await expect(developed(bytes, 'image/jpeg')).rejects.toMatchObject({ refusal: 'not_as_declared' });
  });

  test('an image with more pixels than allowed is refused before it is decoded', async () => {
    const bytes = await quarters().png().toBuffer();
    // Its header alone: what follows is never looked at.
    const header = bytes.subarray(0, 200);
    const limit = { maxPixels: 400 * 300 - 1 };
    await expect(developed(header, 'image/png', limit)).rejects.toMatchObject({ refusal: 'too_many_pixels' });
    await expect(developed(bytes, 'image/png', { maxPixels: 400 * 300 })).resolves.toBeDefined();
  });

  test('a truncated image is no image', async () => {
    const bytes = await quarters().jpeg().toBuffer();
    await expect(developed(bytes.subarray(0, bytes.length - 200), 'image/jpeg')).rejects.toThrow();
  });
});

describe('the colours of a developed image', () => {
  const p3 = () => quarters().withIccProfile('p3');

  test.each([
    ['Display P3', () => p3().png().toBuffer(), 'image/png', 3],
    ['sRGB of 16 bits a channel', () => quarters().toColourspace('rgb16').png().toBuffer(), 'image/png', 3],
    [
      'sRGB of 16 bits with its profile',
      () => quarters().withIccProfile('srgb').toColourspace('rgb16').png().toBuffer(),
      'image/png',
      3,
    ],
    // The inks of the profile do not reach all of these colours.
    ['CMYK', () => quarters().withIccProfile('cmyk').jpeg({ quality: 95 }).toBuffer(), 'image/jpeg', 75],
  ] as const)('are sRGB: %s', async (_name, bytes, type, within) => {
    const image = await developed(await bytes(), type);
    const lossless = await sharp(image.preset('small')).metadata();
    expect(lossless).toMatchObject({ space: 'srgb', hasProfile: false });
    const colors = await quarterColors(image.preset('small'));
    expect(colors).toEqual(QUARTERS.map((color) => near(color, within + 9)));
  });

  test('grey stays grey', async () => {
    const bytes = await quarters().toColourspace('b-w').png().toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(1);
    const image = await developed(bytes, 'image/png');
    for (const [red = 0, green = 0, blue = 0] of await quarterColors(image.preset('small'))) {
      expect([green, blue]).toEqual(near([red, red], 2));
    }
  });
});

describe('the placeholder', () => {
  test('is what the ThumbHash library makes of the upright sRGB pixels', async () => {
    const bytes = await turnedQuarters(6, 900, 600);
    const image = await developed(bytes, 'image/jpeg');
    const upright = sharp(bytes, { autoOrient: true });
    const small = await upright.resize(900, 600, { fit: 'fill' }).png().toBuffer();
    const rgba = await sharp(small).resize(100, 67, { fit: 'fill' }).ensureAlpha().raw().toBuffer();
    const hash = Buffer.from(rgbaToThumbHash(100, 67, rgba)).toString('base64');
    expect(image.placeholder.thumbhash).toBe(hash);
  });
});

describe('an animation', () => {
  const COLORS = [
    [255, 0, 0],
    [0, 160, 0],
    [0, 0, 255],
    [250, 200, 0],
  ] as const;

  test.each(['gif', 'webp'] as const)('keeps frames, times and repeats of a %s', async (format) => {
    const image = await developed(await animation(COLORS, format), `image/${format}`);
    const small = image.preset('small');
    expect(await sharp(small).metadata()).toMatchObject({
      ...{ width: 80, height: 60, pages: 4, loop: 3 },
      delay: [100, 120, 140, 160],
    });
    for (const [page, color] of COLORS.entries()) {
      expect((await pixelsOf(small, page)).at(40, 30).slice(0, 3)).toEqual(near(color));
    }
  });

  test('has a thumb that stands still, and a placeholder of its first frame', async () => {
    const image = await developed(await animation(COLORS, 'gif'), 'image/gif');
    const { pages = 1 } = await sharp(image.preset('thumb')).metadata();
    expect({ pages, color: image.placeholder.color }).toEqual({ pages: 1, color: '#ff0000' });
  });

  test.each([
    ['frames', { maxFrames: 3 }, 3],
    ['pixels', { maxAnimationPixels: 2 * 80 * 60 + 100 }, 2],
    ['pixels, of which one frame has more', { maxAnimationPixels: 10 }, 1],
  ])('loses what is beyond the limit of its %s', async (_name, limit, kept) => {
    const image = await developed(await animation(COLORS, 'gif'), 'image/gif', limit);
    const { pages = 1, delay } = await sharp(image.preset('small')).metadata();
    expect(pages).toBe(kept);
    expect(delay).toEqual(kept === 1 ? undefined : [100, 120, 140].slice(0, kept));
  });

  test('is a still image as AVIF', async () => {
    const image = await developed(await animation(COLORS, 'webp'), 'image/webp', { format: 'avif' });
    const { width, height, pages = 1 } = await sharp(image.preset('small')).metadata();
    expect({ width, height, pages }).toEqual({ width: 80, height: 60, pages: 1 });
  });
});
