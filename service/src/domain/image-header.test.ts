import { describe, expect, test } from 'vitest';
import { SMALL_IMAGES } from '../../test/support/small-images.ts';
import { isDomainError } from './errors.ts';
import { readImageHeader, sniffType } from './image-header.ts';
import { MEDIA_TYPES, type MediaType } from './media-type.ts';

const ALL_TYPES = { maxPixels: 50_000_000, acceptedTypes: new Set(MEDIA_TYPES) };
const of = (type: MediaType) => SMALL_IMAGES[type].bytes;

/** The image with some bytes changed. */
function patched(type: MediaType, at: number, bytes: readonly number[]): Buffer {
  const copy = Buffer.from(of(type));
  copy.set(bytes, at);
  return copy;
}

const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const u16 = (value: number) => [value >> 8, value & 255];
const u16le = (value: number) => [value & 255, value >> 8];

/** Where each small image has its dimensions. */
const AT = {
  png: 16,
  gif: 6,
  webp: 26,
  jpeg: of('image/jpeg').indexOf(Buffer.from([0xff, 0xc0])) + 5,
  avif: of('image/avif').indexOf('ispe') + 8,
};

const withSize: Record<MediaType, (width: number, height: number) => Buffer> = {
  'image/png': (width, height) => patched('image/png', AT.png, [...u32(width), ...u32(height)]),
  'image/gif': (width, height) => patched('image/gif', AT.gif, [...u16le(width), ...u16le(height)]),
  'image/webp': (width, height) => patched('image/webp', AT.webp, [...u16le(width), ...u16le(height)]),
  'image/jpeg': (width, height) => patched('image/jpeg', AT.jpeg, [...u16(height), ...u16(width)]),
  'image/avif': (width, height) => patched('image/avif', AT.avif, [...u32(width), ...u32(height)]),
};

/** An `ftyp` box with the given brands, then the rest of the small AVIF image. */
function avifWithBrands(...brands: readonly string[]): Buffer {
  const ftypEnd = of('image/avif').readUInt32BE(0);
  const [major = '', ...others] = brands;
  const box = Buffer.from(`....ftyp${major}\0\0\0\0${others.join('')}`, 'latin1');
  box.writeUInt32BE(box.length, 0);
  return Buffer.concat([box, of('image/avif').subarray(ftypEnd)]);
}

/** A JPEG with so many bytes of metadata before its frame header. */
function jpegWithMetadata(size: number): Buffer {
  const segments: Buffer[] = [];
  for (let rest = size; rest > 0; rest -= 65_537) {
    const length = Math.max(4, Math.min(rest, 65_537));
    const segment = Buffer.alloc(length);
    segment.set([0xff, 0xe1, ...u16(length - 2)]);
    segments.push(segment);
  }
  const jpeg = of('image/jpeg');
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

describe.each(MEDIA_TYPES)('%s', (type) => {
  const header = { content_type: type, width: 8, height: 6 };

  test('is known by its bytes, with its dimensions', () => {
    expect(sniffType(of(type))).toBe(type);
    expect(readImageHeader(of(type), true, ALL_TYPES)).toEqual(header);
    expect(readImageHeader(of(type), false, ALL_TYPES)).toEqual(header);
  });

  test('cut after any byte is either read rightly or waited for, and not again once it is read', () => {
    const answers = Array.from({ length: of(type).length + 1 }, (_, end) =>
      readImageHeader(of(type).subarray(0, end), false, ALL_TYPES),
    );
    const first = answers.findIndex((answer) => answer !== undefined);
    expect(first).toBeGreaterThan(0);
    expect(answers.slice(0, first)).toEqual(Array.from({ length: first }, () => undefined));
    expect(answers.slice(first)).toEqual(answers.slice(first).map(() => header));
  });

  test('that ends before its header does is refused, and one that ends later is read', () => {
    const ends = Array.from({ length: of(type).length }, (_, end) => end);
    const answers = ends.map((end) => {
      try {
        return readImageHeader(of(type).subarray(0, end), true, ALL_TYPES);
      } catch (error) {
        return isDomainError(error) ? error.code : error;
      }
    });
    const read = answers.findIndex((answer) => typeof answer === 'object');
    expect(read).toBeGreaterThan(9);
    expect(answers.slice(read)).toEqual(answers.slice(read).map(() => header));
    expect([...new Set(answers.slice(0, read))]).toEqual(['unsupported_media_type', 'unprocessable_image']);
  });

  test('in the middle of a larger buffer is read alike', () => {
    const around = Buffer.concat([Buffer.alloc(7, 0xff), of(type), Buffer.alloc(7, 0xff)]);
    expect(readImageHeader(around.subarray(7, 7 + of(type).length), true, ALL_TYPES)).toEqual(header);
  });

  test.each([
    ['no width', 0, 6],
    ['no height', 8, 0],
    ['neither', 0, 0],
  ])('with %s is refused', (_what, width, height) => {
    expect(() => readImageHeader(withSize[type](width, height), true, ALL_TYPES)).toThrow(
      expect.objectContaining({ code: 'unprocessable_image' }),
    );
  });

  test('has as many pixels as allowed, or is refused', () => {
    const [width, height] = [1000, 500];
    const limits = { ...ALL_TYPES, maxPixels: width * height };
    expect(readImageHeader(withSize[type](width, height), true, limits)).toEqual({
      ...header,
      width,
      height,
    });
    const over = () =>
      readImageHeader(withSize[type](width, height), true, { ...limits, maxPixels: 499_999 });
    expect(over).toThrow(expect.objectContaining({ code: 'unprocessable_image' }));
    expect(over).toThrow('The image is 1000 x 500 pixels, more than the 499999 allowed in all.');
  });

  test('that is not accepted is refused as any other type, with those that are', () => {
    const acceptedTypes = new Set(MEDIA_TYPES.filter((other) => other !== type));
    const reading = () => readImageHeader(of(type), true, { ...ALL_TYPES, acceptedTypes });
    expect(reading).toThrow(expect.objectContaining({ code: 'unsupported_media_type' }));
    expect(reading).toThrow([...acceptedTypes].join(', '));
    expect(readImageHeader(of(type), true, { ...ALL_TYPES, acceptedTypes: new Set([type]) })).toEqual(header);
  });
});

describe('other bytes', () => {
  test.each([
    ['nothing', Buffer.of()],
    ['one byte', Buffer.of(0xff)],
    ['text', Buffer.from('Hello, this is no image, whatever its name and its declared type say.')],
    ['a page', Buffer.from('<!doctype html><html><body><script>alert(1)</script></body></html>')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"></svg>')],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0'.padEnd(64, '\0'), 'latin1')],
    ['BMP', Buffer.from('BM'.padEnd(64, '\0'), 'latin1')],
    ['ICO', Buffer.from('\0\0\x01\0\x01\0'.padEnd(64, '\0'), 'latin1')],
    ['PDF', Buffer.from('%PDF-1.7'.padEnd(64, ' '), 'latin1')],
    ['ZIP', Buffer.from('PK\x03\x04'.padEnd(64, '\0'), 'latin1')],
    ['HEIC', avifWithBrands('heic', 'mif1', 'heic')],
    ['MP4', avifWithBrands('isom', 'isom', 'mp42')],
    ['zeros', Buffer.alloc(1000)],
    ['a PNG after one byte', Buffer.concat([Buffer.of(0), of('image/png')])],
    [
      'RIFF that is no WebP',
      Buffer.from(of('image/webp').toString('latin1').replace('WEBP', 'WAVE'), 'latin1'),
    ],
  ])('%s are refused, those of accepted types being named', (_what, bytes) => {
    const reading = () => readImageHeader(bytes, true, ALL_TYPES);
    expect(reading).toThrow(expect.objectContaining({ code: 'unsupported_media_type' }));
    expect(reading).toThrow(MEDIA_TYPES.join(', '));
  });

  test('are refused as soon as there are enough to tell', () => {
    expect(readImageHeader(Buffer.alloc(31), false, ALL_TYPES)).toBeUndefined();
    expect(() => readImageHeader(Buffer.alloc(32), false, ALL_TYPES)).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type' }),
    );
  });

  test.each([
    ['PNG', Buffer.from('\x89PNG\r\n\x1a\n'.padEnd(70 * 1024, 'x'), 'latin1')],
    ['GIF', Buffer.from('GIF89a', 'latin1')],
    ['WebP', Buffer.from('RIFF....WEBPVP9 '.padEnd(70 * 1024, 'x'), 'latin1')],
    ['JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xd9, ...Buffer.alloc(100)])],
    ['AVIF', avifWithBrands('avif').subarray(0, 60)],
  ])('that begin as a %s and go on as none are refused', (_what, bytes) => {
    expect(() => readImageHeader(bytes, true, ALL_TYPES)).toThrow(
      expect.objectContaining({ code: 'unprocessable_image' }),
    );
  });

  test('that never come to the dimensions are waited for no longer than any real file needs', () => {
    const png = Buffer.from('\x89PNG\r\n\x1a\n'.padEnd(64 * 1024, 'x'), 'latin1');
    expect(readImageHeader(png.subarray(0, -1), false, ALL_TYPES)).toBeUndefined();
    expect(() => readImageHeader(png, false, ALL_TYPES)).toThrow(
      expect.objectContaining({ code: 'unprocessable_image' }),
    );
  });
});

describe('an AVIF file', () => {
  const header = { content_type: 'image/avif', width: 8, height: 6 };

  test.each([
    ['as major brand', ['avif', 'mif1']],
    ['of a sequence', ['avis', 'msf1', 'miaf']],
    ['among the compatible ones', ['mif1', 'miaf', 'avif']],
    ['as the last of many', ['mif1', ...Array.from({ length: 20 }, (_, n) => `br${10 + n}`), 'avif']],
  ])('names its brand %s, and may end anywhere while it is read', (_what, brands) => {
    const bytes = avifWithBrands(...brands);
    expect(readImageHeader(bytes, true, ALL_TYPES)).toEqual(header);
    for (let end = 0; end <= bytes.length; end++) {
      expect([undefined, header]).toContainEqual(readImageHeader(bytes.subarray(0, end), false, ALL_TYPES));
    }
  });

  test.each([
    ['longer than any real one', patched('image/avif', 0, u32(1025))],
    ['as long as can be', patched('image/avif', 0, u32(0xffff_ffff))],
    ['shorter than its own header', patched('image/avif', 0, u32(4))],
    ['to the end of the file', patched('image/avif', 0, u32(0))],
    ['of 64 bits', patched('image/avif', 0, u32(1))],
  ])('whose ftyp box claims to be %s is refused at once', (_what, bytes) => {
    for (const complete of [false, true]) {
      expect(() => readImageHeader(bytes.subarray(0, 64), complete, ALL_TYPES)).toThrow(
        expect.objectContaining({ code: 'unsupported_media_type' }),
      );
    }
  });
});

describe('a JPEG file', () => {
  test('may have megabytes of metadata before its frame header', () => {
    const bytes = jpegWithMetadata(10 * 1024 * 1024);
    expect(readImageHeader(bytes.subarray(0, 1024 * 1024), false, ALL_TYPES)).toBeUndefined();
    expect(readImageHeader(bytes, false, ALL_TYPES)).toEqual({
      content_type: 'image/jpeg',
      width: 8,
      height: 6,
    });
  });

  test('with more metadata than any real one is refused', () => {
    const bytes = jpegWithMetadata(17 * 1024 * 1024);
    expect(() => readImageHeader(bytes, false, ALL_TYPES)).toThrow(
      expect.objectContaining({ code: 'unprocessable_image' }),
    );
  });
});
