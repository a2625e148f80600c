import exifReader from 'exif-reader';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  animation,
  pixelsOf,
  QUARTERS,
  quarters,
  turnedQuarters,
} from '../../../test/support/made-images.ts';
import type { MediaType } from '../../domain/media-type.ts';
import type { RenditionPlan } from '../../domain/rendition.ts';
import { render } from './render.ts';

const limits = { maxPixels: 50_000_000, maxFrames: 100, maxAnimationPixels: 25_000_000 };

async function rendered(
  bytes: Buffer,
  content_type: MediaType,
  plan: Partial<RenditionPlan>,
): Promise<Buffer> {
  const whole = {
    width: 100,
    height: 100,
    fit: 'cover',
    keep: 'centre',
    format: 'png',
    quality: 80,
    ...plan,
  };
  const size_bytes = bytes.length;
  const { parts } = await render(bytes, {
    ...{ job: 'render', content_type, size_bytes, limits },
    plan: whole as RenditionPlan,
  });
  return parts[0] ?? Buffer.alloc(0);
}

const picture = () => quarters().png().toBuffer();
const near = (color: readonly number[], within = 10) =>
  color.map((value) => expect.closeTo(value, -Math.log10(2 * within)));

describe('rendering', () => {
  test.each(
    (['cover', 'contain', 'inside', 'fill'] as const).flatMap((fit) =>
      (['webp', 'avif', 'jpeg', 'png'] as const).map((format) => [fit, format] as const),
    ),
  )('%s as %s has exactly the size that is planned', async (fit, format) => {
    const bytes = await rendered(await picture(), 'image/png', { fit, format, width: 123, height: 77 });
    const header = await sharp(bytes).metadata();
    expect(header).toMatchObject({ width: 123, height: 77, format: format === 'avif' ? 'heif' : format });
  });

  test('cover keeps the middle', async () => {
    const bytes = await rendered(await picture(), 'image/png', { width: 100, height: 300 });
    const { at } = await pixelsOf(bytes);
    // All four quarters meet there.
    const corners = [at(10, 10), at(90, 10), at(10, 290), at(90, 290)].map((color) => color.slice(0, 3));
    expect(corners).toEqual(QUARTERS.map((color) => near(color)));
  });

  test('cover keeps what draws the eye where that is asked for', async () => {
    const face = await sharp({ create: { width: 60, height: 60, channels: 3, background: '#e0a080' } })
      .png()
      .toBuffer();
    const scene = sharp({ create: { width: 800, height: 200, channels: 3, background: '#404448' } });
    const bytes = await scene
      .composite([{ input: face, left: 700, top: 70 }])
      .png()
      .toBuffer();
    const share = async (keep: RenditionPlan['keep']) => {
      const cut = await rendered(bytes, 'image/png', { width: 200, height: 200, keep });
      return (await sharp(cut).stats()).channels[0]?.max;
    };
    expect(await share('attention')).toBe(0xe0);
    expect(await share('centre')).toBe(0x40);
  });

  test.each([
    ['webp', [0, 0, 0, 0]],
    ['avif', [0, 0, 0, 0]],
    ['png', [0, 0, 0, 0]],
    ['jpeg', [255, 255, 255, 255]],
  ] as const)('contain pads %s with %j', async (format, padding) => {
    const bytes = await rendered(await picture(), 'image/png', {
      fit: 'contain',
      format,
      width: 400,
      height: 400,
    });
    const { at } = await pixelsOf(bytes);
    expect([at(200, 10), at(200, 390)]).toEqual([near(padding, 3), near(padding, 3)]);
    expect(at(100, 120)).toEqual(near([...(QUARTERS[0] ?? []), 255]));
  });

  test('what shows through is white in a JPEG', async () => {
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const clear = await sharp({ create: { width: 200, height: 200, channels: 4, background } })
      .png()
      .toBuffer();
    const { at } = await pixelsOf(await rendered(clear, 'image/png', { format: 'jpeg' }));
    expect(at(50, 50)).toEqual(near([255, 255, 255, 255], 2));
  });

  test('an image that is stored on its side is cut as it is shown', async () => {
    const bytes = await rendered(await turnedQuarters(6), 'image/jpeg', {
      width: 200,
      height: 150,
      fit: 'fill',
    });
    const { at } = await pixelsOf(bytes);
    const shown = [at(50, 40), at(150, 40), at(50, 110), at(150, 110)].map((color) => color.slice(0, 3));
    expect(shown).toEqual(QUARTERS.map((color) => near(color)));
  });

  test('a lower quality takes fewer bytes', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    const bytes = await sharp({
      create: { width: 300, height: 300, channels: 3, background: '#000000', noise },
    })
      .png()
      .toBuffer();
    for (const format of ['webp', 'avif', 'jpeg'] as const) {
      const [low, high] = await Promise.all(
        [30, 90].map((quality) => rendered(bytes, 'image/png', { format, quality })),
      );
      expect(low?.length).toBeLessThan(high?.length ?? 0);
    }
  });
});

describe('rendering an animation', () => {
  const COLORS = [
    [255, 0, 0],
    [0, 160, 0],
    [0, 0, 255],
  ] as const;

  test.each([
    ['cover', 'centre'],
    ['cover', 'attention'],
    ['contain', 'centre'],
    ['inside', 'centre'],
    ['fill', 'centre'],
  ] as const)('%s, keeping %s, has all frames as WebP', async (fit, keep) => {
    const plan = { fit, keep, width: 40, height: 20, format: 'webp' } as const;
    const bytes = await rendered(await animation(COLORS, 'gif'), 'image/gif', plan);
    expect(await sharp(bytes).metadata()).toMatchObject({
      ...{ width: 40, height: 20, pages: 3, loop: 3 },
      delay: [100, 120, 140],
    });
    for (const [page, color] of COLORS.entries()) {
      expect((await pixelsOf(bytes, page)).at(20, 10).slice(0, 3)).toEqual(near(color));
    }
  });

  test('cuts all frames where the first one draws the eye', async () => {
    const scene = (mark: string) =>
      sharp({ create: { width: 400, height: 100, channels: 3, background: '#404448' } })
        .composite([
          {
            input: { create: { width: 40, height: 40, channels: 3, background: mark } },
            ...{ left: 340, top: 30 },
          },
        ])
        .png()
        .toBuffer();
    const frames = await Promise.all([scene('#e0a080'), scene('#e0a090')]);
    const bytes = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true, delay: [100, 100] })
      .toBuffer();
    const plan = { keep: 'attention', width: 100, height: 100, format: 'webp', quality: 90 } as const;
    const cut = await rendered(bytes, 'image/webp', plan);
    const still = await rendered(bytes, 'image/webp', { ...plan, format: 'png' });
    const shown = await pixelsOf(still);
    for (const page of [0, 1]) {
      const frame = await pixelsOf(cut, page);
      for (const x of [5, 25, 50, 75, 95]) expect(frame.at(x, 50)).toEqual(near(shown.at(x, 50), 25));
    }
  });

  test('is its first frame in every other format', async () => {
    const gif = await animation(COLORS, 'gif');
    for (const format of ['png', 'jpeg', 'avif'] as const) {
      const bytes = await rendered(gif, 'image/gif', { format, width: 40, height: 30 });
      expect((await sharp(bytes).metadata()).height).toBe(30);
      expect((await pixelsOf(bytes)).at(20, 15).slice(0, 3)).toEqual(near([255, 0, 0]));
    }
  });
});

describe('what a rendition says about its origin', () => {
  // What follows the last bracket is not written: libvips expects the type of the entry there.
  const tags = {
    IFD0: {
      Make: 'Camera & Co',
      Artist: 'Ada Example',
      Copyright: '© 2026 Ada (all rights) (, ASCII, 1 components, 1 bytes)',
    },
    IFD3: {
      GPSLatitudeRef: 'N',
      GPSLatitude: '51/1 30/1 0/1',
      GPSLongitudeRef: 'W',
      GPSLongitude: '0/1 7/1 0/1',
    },
  };

  test.each(['webp', 'avif', 'jpeg', 'png'] as const)(
    '%s: whose it is, and not where it was',
    async (format) => {
      const original = await quarters()
        .withExif(tags)
        .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
        .jpeg()
        .toBuffer();
      // The fixture says what the rendition must not.
      expect(exifReader((await sharp(original).metadata()).exif ?? Buffer.alloc(0)).GPSInfo).toBeDefined();
      const bytes = await rendered(original, 'image/jpeg', { format });
      const header = await sharp(bytes).metadata();
      const { Image, Photo, GPSInfo } = exifReader(header.exif ?? Buffer.alloc(0));
      expect(Image).toMatchObject({ Artist: 'Ada Example', Copyright: '(C) 2026 Ada (all rights)' });
      expect(Image).not.toHaveProperty('Make');
      expect({ ...Image, ...Photo }).not.toHaveProperty('GPSTag');
      expect([GPSInfo, header.xmp, header.iptc]).toEqual([undefined, undefined, undefined]);
      expect(bytes.includes('GPS') || bytes.includes('Camera')).toBe(false);
    },
  );

  test('nothing, where the original says nothing of its author', async () => {
    const original = await quarters()
      .withExif({ IFD0: { Make: 'Camera & Co' } })
      .jpeg()
      .toBuffer();
    const bytes = await rendered(original, 'image/jpeg', { format: 'webp' });
    expect((await sharp(bytes).metadata()).exif).toBeUndefined();
  });
});
