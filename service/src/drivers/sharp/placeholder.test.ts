import { thumbHashToRGBA } from 'thumbhash';
import { describe, expect, test } from 'vitest';
import { dominantColor, placeholderOf } from './placeholder.ts';

const rgba = (...pixels: readonly (readonly [r: number, g: number, b: number, a: number, times: number])[]) =>
  Uint8Array.from(
    pixels.flatMap(([r, g, b, a, times]) => Array.from({ length: times }, () => [r, g, b, a]).flat()),
  );

describe('a placeholder', () => {
  test('looks like what it stands for', () => {
    const pixels = rgba([200, 40, 40, 255, 32], [40, 40, 200, 255, 32]);
    const { thumbhash } = placeholderOf(pixels, { width: 8, height: 8 });
    const { w, h, rgba: shown } = thumbHashToRGBA(Buffer.from(thumbhash, 'base64'));
    const at = (row: number) => [...shown.subarray((row * w + w / 2) * 4, (row * w + w / 2) * 4 + 3)];
    const [top = [], bottom = []] = [at(2), at(h - 3)];
    expect(top[0]).toBeGreaterThan((top[2] ?? 255) + 60);
    expect(bottom[2]).toBeGreaterThan((bottom[0] ?? 255) + 60);
  });
});

describe('the dominant colour', () => {
  test.each([
    ['the only one', rgba([18, 52, 86, 255, 4]), '#123456'],
    ['that of most pixels, not their mean', rgba([255, 0, 0, 255, 3], [0, 0, 255, 255, 5]), '#0000ff'],
    ['the mean of those that look alike', rgba([16, 16, 16, 255, 1], [18, 18, 18, 255, 1]), '#111111'],
    ['of what can be seen', rgba([0, 0, 0, 0, 90], [0, 200, 0, 255, 10]), '#00c800'],
    ['weighed by how well it is seen', rgba([200, 0, 0, 50, 10], [0, 0, 200, 255, 3]), '#0000c8'],
    ['white where nothing is', rgba([7, 7, 7, 0, 4]), '#ffffff'],
  ])('is %s', (_name, pixels, color) => {
    expect(dominantColor(pixels)).toBe(color);
  });
});
