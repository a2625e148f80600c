import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isObjectKey } from './object-key.ts';
import {
  FITS,
  MAX_RENDITION_SIDE,
  PRESET_NAMES,
  planRendition,
  RENDITION_FORMATS,
  type RenditionPlan,
} from './rendition.ts';
import { presetFileName, renditionName, renditionOfName } from './rendition-name.ts';

const plan: RenditionPlan = {
  width: 640,
  height: 480,
  fit: 'cover',
  keep: 'centre',
  format: 'webp',
  quality: 80,
};

const anySide = fc.integer({ min: 1, max: MAX_RENDITION_SIDE });

/** As `planRendition` makes them: no two mean the same. */
const anyPlan = fc
  .record({
    width: anySide,
    height: anySide,
    fit: fc.constantFrom(...FITS),
    keep: fc.constantFrom('centre' as const, 'attention' as const),
    format: fc.constantFrom(...RENDITION_FORMATS),
    quality: fc.integer({ min: 1, max: 100 }),
  })
  .map((asked) => planRendition(asked, { width: 5000, height: 4000 }));

describe('the name of a plan', () => {
  test.each([
    [plan, 'w640-h480-cover-centre-q80.webp'],
    [{ ...plan, keep: 'attention', format: 'avif' }, 'w640-h480-cover-attention-q80.avif'],
    [{ ...plan, fit: 'inside', format: 'jpeg', quality: 1 }, 'w640-h480-inside-q1.jpg'],
    [{ ...plan, fit: 'contain', width: 1, format: 'png', quality: 100 }, 'w1-h480-contain-q100.png'],
  ] as const)('%o is %s', (of, name) => {
    expect(renditionName(of)).toBe(name);
  });

  test('leads back to the plan, so that no two plans have the same, and can be part of a key', () => {
    fc.assert(
      fc.property(anyPlan, (of) => {
        const name = renditionName(of);
        expect(renditionOfName(name)).toEqual({ plan: of, format: of.format });
        expect(isObjectKey(name) && !name.includes('/')).toBe(true);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });
});

test('the names of presets are theirs, and lead back to them', () => {
  expect(presetFileName('thumb', 'webp')).toBe('thumb.webp');
  for (const format of ['webp', 'avif'] as const) {
    for (const preset of PRESET_NAMES) {
      expect(renditionOfName(presetFileName(preset, format))).toEqual({ preset, format });
    }
  }
});

describe('what is no name', () => {
  test.each([
    '',
    'thumb',
    '.webp',
    'thumb.',
    'thumb.jpg',
    'thumb.png',
    'thumb.gif',
    'Thumb.webp',
    'thumb.webp ',
    'huge.webp',
    'webp',
    'w640-h480-cover-centre-q80',
    'w640-h480-cover-centre-q80.gif',
    'w640-h480-cover-centre-q80.jpeg',
    'w640-h480-cover-q80.webp',
    'w640-h480-inside-centre-q80.webp',
    'w640-h480-inside-attention-q80.webp',
    'w640-h480-outside-q80.webp',
    'w0640-h480-inside-q80.webp',
    'w640-h480-inside-q080.webp',
    'w0-h480-inside-q80.webp',
    'w640-h8193-inside-q80.webp',
    'w640-h480-inside-q0.webp',
    'w640-h480-inside-q101.webp',
    'w-1-h480-inside-q80.webp',
    'w640-h480-inside-q80.webp.webp',
    'xw640-h480-inside-q80.webp',
    'w640-h480-inside-q80.webp\n',
  ])('%j', (name) => {
    expect(renditionOfName(name)).toBeUndefined();
  });

  test('is refused, whatever it is, unless it is exactly the name of what it is taken for', () => {
    const nearName = fc
      .tuple(anyPlan, fc.nat(40), fc.string({ maxLength: 2 }))
      .map(([of, at, put]) => renditionName(of).slice(0, at) + put + renditionName(of).slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(nearName, fc.string()), (name) => {
        const found = renditionOfName(name);
        fc.pre(found !== undefined);
        expect('plan' in found ? renditionName(found.plan) : presetFileName(found.preset, found.format)).toBe(
          name,
        );
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
