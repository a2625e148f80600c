import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { placedExif } from '../../../test/support/made-exif.ts';
import {
  expectSameWithoutPlace,
  PLACED_XMP,
  placedImage,
  placeIn,
  rawPixels,
} from '../../../test/support/placed-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { MEDIA_TYPES, type MediaType } from '../media-type.ts';
import { withoutLocation } from './without-location.ts';

/** What comes of an image that is changed. */
function changed(bytes: Uint8Array, type: MediaType): Buffer {
  const found = withoutLocation(bytes, type);
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  return Buffer.from(found.bytes);
}

describe.each(MEDIA_TYPES)('%s', (type) => {
  let placed: Buffer;
  beforeAll(async () => {
    placed = await placedImage(type);
  });

  test('that says where it was taken does so no more, and is the same picture, of the same length', async () => {
    const { gps, inXmp } = await placeIn(placed);
    // GIF has no EXIF, and sharp reads no XMP from it.
    expect([gps !== null, inXmp]).toEqual(type === 'image/gif' ? [false, false] : [true, true]);
    // In PNG it is compressed.
    expect(placed.includes('GPSLatitude')).toBe(type !== 'image/png');
    const before = Buffer.from(placed);
    const after = changed(placed, type);
    expect(placed.equals(before)).toBe(true);
    await expectSameWithoutPlace(placed, after);
    expect(after.includes('GPSLatitude')).toBe(false);
    expect(withoutLocation(after, type)).toEqual({ kind: 'unchanged' });
  });

  test('keeps whose it is', async () => {
    const { exif } = await sharp(changed(placed, type)).metadata();
    expect(exif?.includes('Carol')).toBe(type === 'image/gif' ? undefined : true);
  });

  test('that says nothing of it stays as it is', () => {
    expect(withoutLocation(SMALL_IMAGES[type].bytes, type)).toEqual({ kind: 'unchanged' });
  });

  test('loses what follows its end', async () => {
    const { bytes } = SMALL_IMAGES[type];
    const film = Buffer.from('\0\0\0\x1cftypmp42 and a film of 51.5N 0.1W');
    const after = changed(Buffer.concat([bytes, film]), type);
    expect(after.includes('51.5N')).toBe(false);
    expect(after.length).toBe(bytes.length + film.length);
    expect((await rawPixels(after)).equals(await rawPixels(bytes))).toBe(true);
  });

  test('cut off anywhere, or with bytes turned over, comes to an end as long as before', () => {
    const damaged = fc.tuple(
      fc.nat({ max: placed.length }),
      fc.array(fc.tuple(fc.nat({ max: placed.length - 1 }), fc.nat({ max: 255 })), { maxLength: 8 }),
    );
    fc.assert(
      fc.property(damaged, ([length, flips]) => {
        const bytes = Buffer.from(placed);
        for (const [at, value] of flips) bytes[at] = value;
        expectSound(bytes, type);
        expectSound(bytes.subarray(0, length), type);
      }),
      { numRuns: 1500, seed: 6 },
    );
  });

  test('of random bytes after its first ones comes to an end as long as before', () => {
    const head = SMALL_IMAGES[type].bytes.subarray(0, 40);
    fc.assert(
      fc.property(fc.nat({ max: head.length }), fc.uint8Array({ maxLength: 600 }), (length, rest) => {
        expectSound(Buffer.concat([head.subarray(0, length), rest]), type);
      }),
      { numRuns: 1500, seed: 7 },
    );
  });
});

/** It has an answer, as long as what was given; and of that answer nothing more is to be removed. */
function expectSound(bytes: Uint8Array, type: MediaType): void {
  const found = withoutLocation(bytes, type);
  if (found.kind !== 'changed') return;
  expect(found.bytes.length).toBe(bytes.length);
  expect(withoutLocation(found.bytes, type).kind).not.toBe('changed');
}

test('EXIF of random bytes, in a JPEG that can be shown, takes no pixel along', async () => {
  const { bytes } = SMALL_IMAGES['image/jpeg'];
  const block = placedExif('MM', bytes);
  const before = await rawPixels(bytes);
  const flip = fc.tuple(fc.nat({ max: block.length - 1 }), fc.nat({ max: 255 }));
  await fc.assert(
    fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 6 }), async (flips) => {
      const turned = Buffer.from(block);
      for (const [at, value] of flips) turned[at] = value;
      const head = Buffer.from([0xff, 0xe1, 0, 0, ...Buffer.from('Exif\0\0')]);
      head.writeUInt16BE(turned.length + 8, 2);
      const file = Buffer.concat([bytes.subarray(0, 2), head, turned, bytes.subarray(2)]);
      const found = withoutLocation(file, 'image/jpeg');
      expect(found.kind).not.toBe('impossible');
      // Where the way to its directories is lost there is nothing to remove.
      const after = found.kind === 'changed' ? found.bytes : file;
      expect((await rawPixels(after)).equals(before)).toBe(true);
      expect((await placeIn(after)).gps).toBeNull();
    }),
    { numRuns: 300, seed: 8 },
  );
});

test('XMP is found in UTF-16 as well', () => {
  const { bytes } = SMALL_IMAGES['image/jpeg'];
  const packet = Buffer.from(PLACED_XMP, 'utf16le');
  const payload = Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), packet]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(payload.length + 2, 2);
  const file = Buffer.concat([bytes.subarray(0, 2), head, payload, bytes.subarray(2)]);
  expect(changed(file, 'image/jpeg').includes(Buffer.from('GPS', 'utf16le'))).toBe(false);
});

test.each<[MediaType, string, string]>([
  ['image/jpeg', '\xff\xd8', '\xff\xe0\0\x02'],
  ['image/png', '\x89PNG\r\n\x1a\n', '\0\0\0\0aBCdCRCs'],
  ['image/webp', 'RIFF\xff\xff\xff\x0fWEBP', 'ABCD\0\0\0\0'],
  ['image/gif', 'GIF89a\0\0\0\0\0\0\0', '\x21\xf9\0'],
  ['image/avif', '\0\0\0\x10ftypavif\0\0\0\0', '\0\0\0\x08free'],
])('%s of more parts than any picture has is not followed', (type, head, part) => {
  const bytes = Buffer.concat([
    Buffer.from(head, 'latin1'),
    Buffer.alloc(part.length * 200_002, part, 'latin1'),
  ]);
  expect(withoutLocation(bytes, type)).toMatchObject({
    kind: 'impossible',
    why: expect.stringMatching(/parts/),
  });
});
