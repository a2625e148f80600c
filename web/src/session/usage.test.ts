import { describe, expect, it } from 'vitest';
import { countInWords, metersOf, sizeInWords } from './usage.ts';

describe('sizes in words', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 KB'],
    [1536, '1.5 KB'],
    [4 * 1024 ** 2, '4 MB'],
    [1023 * 1024, '1 MB'],
    [52_428_800, '50 MB'],
    [123_456_789, '118 MB'],
    [5 * 1024 ** 4, '5 TB'],
  ])('%d are %s', (bytes, words) => {
    expect(sizeInWords(bytes)).toBe(words);
  });

  it('counts one apart from many', () => {
    expect([countInWords(1, 'photo'), countInWords(2000, 'photo')]).toEqual(['1 photo', '2,000 photos']);
  });
});

describe('usage against quota', () => {
  it('says how much of how much', () => {
    const [images, storage] = metersOf({
      images: 950,
      bytes: 1024 ** 3,
      max_images: 1000,
      max_bytes: 4 * 1024 ** 3,
    });
    expect(images).toEqual({ label: 'Images', share: 0.95, words: '950 of 1,000', isNearlyFull: true });
    expect(storage).toEqual({ label: 'Storage', share: 0.25, words: '1 GB of 4 GB', isNearlyFull: false });
  });

  it('has no share where there is no limit', () => {
    const meters = metersOf({ images: 3, bytes: 2048, max_images: null, max_bytes: null });
    expect(meters.map(({ share, words }) => ({ share, words }))).toEqual([
      { share: null, words: '3, no limit' },
      { share: null, words: '2 KB, no limit' },
    ]);
  });

  it('is full, and no more than that, where the limit was lowered since', () => {
    expect(metersOf({ images: 5, bytes: 0, max_images: 2, max_bytes: 0 }).map(({ share }) => share)).toEqual([
      1, 1,
    ]);
  });
});
