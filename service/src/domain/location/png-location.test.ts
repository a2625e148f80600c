import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { numbers, placedExif } from '../../../test/support/made-exif.ts';
import { PLACED_XMP, placeIn, rawPixels } from '../../../test/support/placed-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { withoutLocation } from './without-location.ts';

const { bytes: PLAIN } = SMALL_IMAGES['image/png'];
/** After the signature and IHDR. */
const HEAD = 33;

function chunk(type: string, data: Buffer | string): Buffer {
  const content = Buffer.concat([Buffer.from(type), Buffer.from(data as string, 'latin1')]);
  return Buffer.concat([numbers('MM', 4, content.length - 4), content, numbers('MM', 4, crc32(content))]);
}

const withChunks = (...chunks: readonly Buffer[]) =>
  Buffer.concat([PLAIN.subarray(0, HEAD), ...chunks, PLAIN.subarray(HEAD)]);

const without = (bytes: Uint8Array) => withoutLocation(bytes, 'image/png');

function changed(bytes: Uint8Array): Buffer {
  const found = without(bytes);
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  expect(found.bytes.length).toBe(bytes.length);
  return Buffer.from(found.bytes);
}

/** Every chunk's sum is right. */
function expectSealed(png: Buffer): void {
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)));
    at = end + 4;
  }
}

describe('a PNG', () => {
  test.each([
    ['XMP with a position', chunk('iTXt', `XML:com.adobe.xmp\0\0\0\0\0${PLACED_XMP}`)],
    ['compressed XMP', chunk('iTXt', 'XML:com.adobe.xmp\0\x01\0\0\0SECRET')],
    ['a profile in digits', chunk('zTXt', 'Raw profile type exif\0\0SECRET')],
    ['a plain profile in digits', chunk('tEXt', 'Raw profile type APP1\0SECRET')],
    ['a text with a position', chunk('tEXt', 'exif:GPSLatitude\0SECRET')],
    ['a compressed text of some other name', chunk('zTXt', 'Place\0\0SECRET')],
    ['a chunk that nobody knows', chunk('caBX', 'SECRET')],
    ['a short one that nobody knows', chunk('abCd', '5N')],
  ])('loses %s, and every sum stays right', async (_what, part) => {
    const after = changed(withChunks(part));
    expect(['SECRET', 'GPSLatitude', '5N'].some((word) => after.includes(word))).toBe(false);
    expectSealed(after);
    expect((await rawPixels(after)).equals(await rawPixels(PLAIN))).toBe(true);
  });

  test.each(['', 'Exif\0\0'])('loses the position of its EXIF, which begins with %j', async (before) => {
    const block = Buffer.concat([Buffer.from(before), placedExif('MM')]);
    const after = changed(withChunks(chunk('eXIf', block)));
    expectSealed(after);
    expect(after.includes('MAKER')).toBe(false);
    expect(after.includes('Carol')).toBe(true);
    expect((await placeIn(after)).gps).toBeNull();
  });

  test.each([
    ['a title', chunk('tEXt', 'Title\0A day in London')],
    ['a compressed description', chunk('zTXt', 'Description\0\0abc')],
    ['XMP without a place', chunk('iTXt', 'XML:com.adobe.xmp\0\0\0\0\0<x dc:rights="Carol"/>')],
    ['its resolution', chunk('pHYs', Buffer.alloc(9))],
  ])('keeps %s', (_what, part) => {
    expect(without(withChunks(part))).toEqual({ kind: 'unchanged' });
  });

  test('whose last chunk is cut off loses that, unless it is of pixels', async () => {
    const text = withChunks(chunk('tEXt', 'exif:GPSLatitude\0SECRET')).subarray(0, HEAD + 30);
    expect(changed(text).includes('SECRET')).toBe(false);
    expect(without(PLAIN.subarray(0, -30))).toEqual({ kind: 'unchanged' });
  });

  test('cannot be followed where a chunk has no name', async () => {
    expect(without(withChunks(chunk('a1Cd', '')))).toMatchObject({ kind: 'impossible' });
    expect((await sharp(PLAIN).metadata()).format).toBe('png');
  });
});
