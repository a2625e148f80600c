import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  FITS,
  MAX_RENDITION_SIDE,
  mediaTypeOf,
  PRESETS,
  planRendition,
  presetsFor,
  RENDITION_FORMATS,
  type RenditionRequest,
  type Size,
} from './rendition.ts';

const anySide = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: MAX_RENDITION_SIDE }));

/** Up to 50 megapixels, long and narrow ones among them. */
const anyImage = fc
  .record({ long: fc.integer({ min: 1, max: 60_000 }), short: anySide, turned: fc.boolean() })
  .map(({ long, short, turned }) => {
    const sides = [long, Math.min(short, Math.floor(50e6 / long))] as const;
    return turned ? { width: sides[1], height: sides[0] } : { width: sides[0], height: sides[1] };
  });

const how = {
  fit: fc.constantFrom(...FITS),
  format: fc.constantFrom(...RENDITION_FORMATS),
  quality: fc.integer({ min: 1, max: 100 }),
  keep: fc.constantFrom('centre' as const, 'attention' as const),
};

const anyBoxed = fc.record({ width: anySide, height: anySide, ...how });

const anyRequest: fc.Arbitrary<RenditionRequest> = fc.oneof(
  anyBoxed,
  fc.record({ width: anySide, ...how }),
  fc.record({ height: anySide, ...how }),
);

const request = (asked: Partial<RenditionRequest>): RenditionRequest => ({
  fit: 'inside',
  format: 'webp',
  quality: 80,
  keep: 'centre',
  ...asked,
});

const size = (width: number, height: number): Size => ({ width, height });

/** By how much the picture is scaled when it is fitted into the plan. */
function scaleOf(plan: Size & { readonly fit: string }, image: Size): number {
  const [across, down] = [plan.width / image.width, plan.height / image.height];
  return plan.fit === 'contain' ? Math.min(across, down) : Math.max(across, down);
}

describe('a plan', () => {
  const photo = size(4000, 3000);

  test.each([
    ['a width alone', { width: 640 }, photo, size(640, 480), 'inside'],
    ['a height alone', { height: 480 }, photo, size(640, 480), 'inside'],
    ['a width alone, to be covered', { width: 640, fit: 'cover' }, photo, size(640, 480), 'inside'],
    ['inside a square', { width: 640, height: 640 }, photo, size(640, 480), 'inside'],
    ['inside, upright', { width: 640, height: 640 }, size(3000, 4000), size(480, 640), 'inside'],
    ['inside, more than there is', { width: 8192, height: 8192 }, photo, photo, 'inside'],
    ['inside, more than there is on one side', { width: 8192, height: 300 }, photo, size(400, 300), 'inside'],
    ['inside, very narrow', { width: 100 }, size(8000, 10), size(100, 1), 'inside'],
    ['inside, wider than any rendition', { height: 9 }, size(60_000, 10), size(8192, 1), 'inside'],
    ['cover', { width: 300, height: 300, fit: 'cover' }, photo, size(300, 300), 'cover'],
    [
      'cover in its own proportions',
      { width: 400, height: 300, fit: 'cover' },
      photo,
      size(400, 300),
      'inside',
    ],
    [
      'cover of a smaller image',
      { width: 800, height: 800, fit: 'cover' },
      size(600, 400),
      size(400, 400),
      'cover',
    ],
    [
      'cover, too wide for it',
      { width: 1600, height: 100, fit: 'cover' },
      size(800, 600),
      size(800, 50),
      'cover',
    ],
    [
      'cover, far too wide for it',
      { width: 8000, height: 1, fit: 'cover' },
      size(80, 60),
      size(80, 1),
      'cover',
    ],
    ['fill', { width: 300, height: 300, fit: 'fill' }, photo, size(300, 300), 'fill'],
    [
      'fill of a smaller image',
      { width: 800, height: 400, fit: 'fill' },
      size(600, 600),
      size(600, 300),
      'fill',
    ],
    ['contain', { width: 300, height: 300, fit: 'contain' }, photo, size(300, 300), 'contain'],
    [
      'contain in its own proportions',
      { width: 400, height: 300, fit: 'contain' },
      photo,
      size(400, 300),
      'inside',
    ],
    [
      'contain, padded beyond a side',
      { width: 500, height: 500, fit: 'contain' },
      size(300, 900),
      size(500, 500),
      'contain',
    ],
    [
      'contain of a smaller image',
      { width: 800, height: 800, fit: 'contain' },
      size(60, 40),
      size(60, 60),
      'contain',
    ],
    [
      'contain, lower and smaller',
      { width: 800, height: 400, fit: 'contain' },
      size(60, 40),
      size(80, 40),
      'contain',
    ],
    [
      'contain, padded by less than a pixel',
      { width: 2000, height: 5, fit: 'contain' },
      size(1000, 3),
      size(1000, 3),
      'inside',
    ],
    [
      'contain, much padding',
      { width: 8192, height: 8192, fit: 'contain' },
      size(8192, 1),
      size(4096, 4096),
      'contain',
    ],
  ] as const)('of %s', (_what, asked, image, expected, fit) => {
    const { width, height, ...rest } = planRendition(request(asked), image);
    expect({ width, height }).toEqual(expected);
    expect(rest.fit).toBe(fit);
  });

  test('says what to keep, the format and the quality as they were asked for', () => {
    const asked = request({
      width: 90,
      height: 100,
      fit: 'cover',
      keep: 'attention',
      format: 'avif',
      quality: 33,
    });
    expect(planRendition(asked, photo)).toEqual(asked);
  });

  test('never enlarges, and is never larger than the image but for padding', () => {
    fc.assert(
      fc.property(anyRequest, anyImage, (asked, image) => {
        const plan = planRendition(asked, image);
        expect(scaleOf(plan, image)).toBeLessThanOrEqual(1);
        if (plan.fit === 'contain') {
          expect(plan.width * plan.height).toBeLessThanOrEqual(
            Math.max(image.width * image.height, 4096 * 4096),
          );
        } else {
          expect(plan.width).toBeLessThanOrEqual(image.width);
          expect(plan.height).toBeLessThanOrEqual(image.height);
        }
      }),
      { numRuns: 5000, seed: 1 },
    );
  });

  test('has whole sides of at least a pixel, never more than were asked for', () => {
    fc.assert(
      fc.property(anyRequest, anyImage, (asked, image) => {
        const plan = planRendition(asked, image);
        for (const side of ['width', 'height'] as const) {
          expect(Number.isInteger(plan[side])).toBe(true);
          expect(plan[side]).toBeGreaterThanOrEqual(1);
          expect(plan[side]).toBeLessThanOrEqual(asked[side] ?? MAX_RENDITION_SIDE);
        }
      }),
      { numRuns: 5000, seed: 2 },
    );
  });

  test('asked for again is the same', () => {
    fc.assert(
      fc.property(anyRequest, anyImage, (asked, image) => {
        const plan = planRendition(asked, image);
        expect(planRendition(plan, image)).toEqual(plan);
      }),
      { numRuns: 10_000, seed: 3 },
    );
  });

  test("of inside has the image's proportions within a pixel, and one side as far as it goes", () => {
    fc.assert(
      fc.property(anyBoxed, anyImage, (asked, image) => {
        const plan = planRendition({ ...asked, fit: 'inside' }, image);
        const byWidth = Math.abs(plan.height - (image.height * plan.width) / image.width);
        const byHeight = Math.abs(plan.width - (image.width * plan.height) / image.height);
        expect(Math.min(byWidth, byHeight)).toBeLessThan(1);
        const limit = size(Math.min(asked.width, image.width), Math.min(asked.height, image.height));
        expect(plan.width === limit.width || plan.height === limit.height).toBe(true);
      }),
      { numRuns: 5000, seed: 4 },
    );
  });

  test('of cover, contain and fill has the proportions of the box within a pixel', () => {
    fc.assert(
      fc.property(anyBoxed, anyImage, (asked, image) => {
        const plan = planRendition(asked, image);
        fc.pre(plan.fit !== 'inside' && asked.width * asked.height < 4096 * 4096);
        const byWidth = Math.abs(plan.height - (asked.height * plan.width) / asked.width);
        const byHeight = Math.abs(plan.width - (asked.width * plan.height) / asked.height);
        expect(Math.min(byWidth, byHeight)).toBeLessThan(1);
      }),
      { numRuns: 5000, seed: 5 },
    );
  });
});

describe('requests that mean the same have the same plan', () => {
  const samePlan = (a: RenditionRequest, b: RenditionRequest, image: Size) =>
    expect(planRendition(a, image)).toEqual(planRendition(b, image));

  test('with one side, whatever the fit', () => {
    fc.assert(
      fc.property(anyBoxed, anyImage, how.fit, how.keep, ({ height: _, ...asked }, image, fit, keep) => {
        samePlan(asked, { ...asked, fit, keep }, image);
      }),
      { numRuns: 2000, seed: 6 },
    );
  });

  test("with a box of the image's proportions, whatever the fit", () => {
    fc.assert(
      fc.property(
        fc.record({ width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 90 }) }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 90 }),
        fc.record(how),
        how.fit,
        (shape, ofImage, ofBox, asked, fit) => {
          const image = size(shape.width * ofImage, shape.height * ofImage);
          const box = { ...asked, width: shape.width * ofBox, height: shape.height * ofBox };
          samePlan(box, { ...box, fit }, image);
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
  });

  test('where only cover looks at what to keep', () => {
    fc.assert(
      fc.property(anyRequest, anyImage, (asked, image) => {
        fc.pre(asked.fit !== 'cover');
        samePlan({ ...asked, keep: 'attention' }, { ...asked, keep: 'centre' }, image);
      }),
      { numRuns: 2000, seed: 8 },
    );
  });

  test('where PNG has no quality', () => {
    const asked = request({ width: 100, format: 'png' });
    samePlan(asked, { ...asked, quality: 1 }, size(300, 200));
    expect(planRendition(request({ width: 100, quality: 1 }), size(300, 200)).quality).toBe(1);
  });

  test('beyond the image, by however much', () => {
    samePlan(request({ width: 700 }), request({ width: 8000 }), size(600, 400));
    const square = { fit: 'cover', height: 700 } as const;
    samePlan(
      request({ ...square, width: 700 }),
      request({ ...square, width: 900, height: 900 }),
      size(600, 400),
    );
  });
});

describe('the presets', () => {
  const named = (image: Size) =>
    presetsFor(image, 'webp').map(({ preset, plan }) => `${preset} ${plan.width}x${plan.height} ${plan.fit}`);

  test.each([
    [
      size(4000, 3000),
      ['thumb 256x256 cover', 'small 640x480 inside', 'medium 1280x960 inside', 'large 2048x1536 inside'],
    ],
    [
      size(1281, 10),
      ['thumb 10x10 cover', 'small 640x5 inside', 'medium 1280x10 inside', 'large 1281x10 inside'],
    ],
    [size(1280, 1280), ['thumb 256x256 cover', 'small 640x640 inside', 'medium 1280x1280 inside']],
    [size(200, 641), ['thumb 200x200 cover', 'small 200x640 inside', 'medium 200x641 inside']],
    [size(640, 480), ['thumb 256x256 cover', 'small 640x480 inside']],
    [size(100, 300), ['thumb 100x100 cover', 'small 100x300 inside']],
    [size(1, 1), ['thumb 1x1 cover', 'small 1x1 inside']],
  ])('of an image of %o', (image, expected) => {
    expect(named(image)).toEqual(expected);
  });

  test('are made in the format that is wanted, at its quality, and the thumb shows what draws the eye', () => {
    for (const [format, quality] of [
      ['webp', 80],
      ['avif', 55],
    ] as const) {
      const plans = presetsFor(size(900, 900), format);
      expect(plans.map(({ preset }) => preset)).toEqual(['thumb', 'small', 'medium']);
      expect(plans.every(({ plan }) => plan.format === format && plan.quality === quality)).toBe(true);
      expect(plans.map(({ plan }) => plan.keep)).toEqual(['attention', 'centre', 'centre']);
    }
  });

  test('never enlarge, and the largest has all pixels up to its size', () => {
    fc.assert(
      fc.property(anyImage, (image) => {
        const plans = presetsFor(image, 'webp');
        for (const { preset, plan } of plans) {
          expect(scaleOf(plan, image)).toBeLessThanOrEqual(1);
          expect(Math.max(plan.width, plan.height)).toBeLessThanOrEqual(PRESETS[preset].width);
        }
        const largest = Math.max(...plans.map(({ plan }) => Math.max(plan.width, plan.height)));
        expect(largest).toBe(Math.min(Math.max(image.width, image.height), 2048));
      }),
      { numRuns: 2000, seed: 9 },
    );
  });
});

test('every format has its media type', () => {
  expect(RENDITION_FORMATS.map(mediaTypeOf)).toEqual(['image/webp', 'image/avif', 'image/jpeg', 'image/png']);
});
