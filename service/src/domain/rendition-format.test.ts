import { describe, expect, test } from 'vitest';
import { MEDIA_TYPES, type MediaType } from './media-type.ts';
import { RENDITION_FORMATS } from './rendition.ts';
import { formatFor } from './rendition-format.ts';

const CHROME = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
const OLD_SAFARI = 'image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5';

function auto(accept: string | undefined, source: MediaType = 'image/jpeg', avif = false) {
  return formatFor({ asked: 'auto', accept, source, avif }).format;
}

describe('a format that is asked for', () => {
  test('is given, whatever is accepted, and does not depend on that', () => {
    for (const asked of RENDITION_FORMATS) {
      for (const accept of [undefined, CHROME, 'text/html', 'image/webp']) {
        const chosen = formatFor({ asked, accept, source: 'image/png', avif: false });
        expect(chosen).toEqual({ format: asked, varies: false });
      }
    }
  });
});

describe('auto', () => {
  test('depends on what is accepted, also where it comes to the usual', () => {
    for (const accept of [undefined, CHROME, '*/*']) {
      const chosen = formatFor({ asked: 'auto', accept, source: 'image/png', avif: true });
      expect(chosen.varies).toBe(true);
    }
  });

  test('is WebP for a browser of today, and AVIF where the service is set to it', () => {
    expect(auto(CHROME)).toBe('webp');
    expect(auto(CHROME, 'image/jpeg', true)).toBe('avif');
    expect(auto('image/webp,*/*', 'image/jpeg', true)).toBe('webp');
  });

  test.each([
    'image/webp',
    'text/html, image/webp ; q=0.1',
    'IMAGE/WebP;Q=1.0',
    'image/avif;q=0, image/webp',
    'image/avif; q=0.000,image/webp;q=0.001',
    'image/webp;level=0',
  ])('is WebP for %j', (accept) => {
    expect(auto(accept, 'image/jpeg', true)).toBe('webp');
  });

  test.each([
    undefined,
    '',
    '*/*',
    'image/*',
    OLD_SAFARI,
    'text/html',
    'image/webp;q=0',
    'image/webp; Q=0.0 , image/avif;q=0',
    'image/webpx',
    'ximage/webp',
    '"image/webp"',
    ',;,=;q',
  ])('is what everything can show for %j', (accept) => {
    expect(auto(accept, 'image/jpeg', true)).toBe('jpeg');
    expect(MEDIA_TYPES.map((source) => auto(accept, source, true))).toEqual([
      'jpeg',
      'png',
      'png',
      'png',
      'png',
    ]);
  });

  test('is never AVIF of what may be an animation', () => {
    expect(auto(CHROME, 'image/gif', true)).toBe('webp');
    expect(auto(CHROME, 'image/webp', true)).toBe('webp');
    expect(auto('image/avif', 'image/gif', true)).toBe('png');
    expect(auto(CHROME, 'image/png', true)).toBe('avif');
  });
});
