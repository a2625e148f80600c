import exifReader from 'exif-reader';
import { describe, expect, test } from 'vitest';
import {
  ascii,
  type ByteOrder,
  type MadeEntry,
  madeExif,
  madeGps,
  numbers,
  placedExif,
} from '../../../test/support/made-exif.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { withoutPositionInTiff } from './tiff-location.ts';

const ORDERS = ['II', 'MM'] as const satisfies readonly ByteOrder[];
const LONG = 4;

function rewritten(block: Uint8Array): Buffer {
  const found = withoutPositionInTiff(block);
  if (!found) throw new Error('Nothing was removed.');
  expect(found.length).toBe(block.length);
  return Buffer.from(found);
}

/** Reads it with code of others; without the name that JPEG has for it. */
const read = (block: Buffer) => exifReader(Buffer.concat([Buffer.from('Exif\0\0'), block]));

const THUMBNAIL = SMALL_IMAGES['image/jpeg'].bytes;

describe.each(ORDERS)('EXIF in the byte order %s', (order) => {
  test('loses its position and the notes of the maker, and keeps all else', () => {
    const block = placedExif(order, THUMBNAIL);
    const before = read(block);
    expect(before.GPSInfo).toMatchObject({ GPSLatitude: [51, 30, 7] });
    const after = rewritten(block);
    const { Image, Photo, GPSInfo, Thumbnail } = read(after);
    expect(GPSInfo).toBeUndefined();
    const { GPSTag: _gps, ...image } = before.Image ?? {};
    const { MakerNote: _note, ...photo } = before.Photo ?? {};
    expect([Image, Photo, Thumbnail]).toEqual([image, photo, before.Thumbnail]);
    expect(Image).toMatchObject({ Orientation: 6, Copyright: 'Carol, all rights reserved' });
    expect(after.includes('MAKER')).toBe(false);
    expect(after.includes(numbers(order, 5, 51, 30, 7))).toBe(false);
    expect(after.subarray(-THUMBNAIL.length).equals(THUMBNAIL)).toBe(true);
    expect(withoutPositionInTiff(after)).toBeUndefined();
  });

  test('that says nothing of a place is left alone', () => {
    expect(withoutPositionInTiff(madeExif(order, [ascii(0x010f, 'Example')], THUMBNAIL))).toBeUndefined();
    expect(withoutPositionInTiff(new Uint8Array(100))).toBeUndefined();
  });

  test('loses a position in whatever directory it is', () => {
    const photo: MadeEntry[] = [ascii(0x9003, '2026:05:04 03:02:01'), madeGps(order)];
    const after = rewritten(madeExif(order, [{ tag: 0x8769, type: LONG, bytes: photo }, madeGps(order)]));
    expect(after.includes(numbers(order, 5, 51, 30, 7))).toBe(false);
    expect(read(after).Photo).toHaveProperty('DateTimeOriginal');
  });

  test('loses a comment that has a position, and keeps another', () => {
    const comment = (text: string) => ({ tag: 0x9286, type: 7, bytes: Buffer.from(text) });
    const block = (text: string) => madeExif(order, [{ tag: 0x8769, type: LONG, bytes: [comment(text)] }]);
    expect(withoutPositionInTiff(block('ASCII\0\0\0What a day'))).toBeUndefined();
    const told = Buffer.concat([Buffer.from('UNICODE\0'), Buffer.from('gps: 51.5, -0.1', 'utf16le')]);
    const after = rewritten(
      madeExif(order, [{ tag: 0x8769, type: LONG, bytes: [{ ...comment(''), bytes: told }] }]),
    );
    expect(after.includes(told.subarray(8))).toBe(false);
  });

  test('loses a thumbnail that is no picture, and of one that is its own EXIF', () => {
    const own = placedExif(order);
    const length = numbers('MM', 3, own.length + 8);
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1]), length, Buffer.from('Exif\0\0'), own]);
    const thumbnail = Buffer.concat([THUMBNAIL.subarray(0, 2), segment, THUMBNAIL.subarray(2)]);
    const after = rewritten(madeExif(order, [ascii(0x010f, 'Example')], thumbnail));
    expect(after.includes('MAKER')).toBe(false);
    expect(after.includes(THUMBNAIL.subarray(2))).toBe(true);
    const none = rewritten(madeExif(order, [ascii(0x010f, 'Example')], Buffer.from('51.5N 0.1W')));
    expect(none.includes('51.5N')).toBe(false);
  });

  test('whose first directory is cut off keeps its orientation alone', () => {
    const whole = placedExif(order);
    const after = rewritten(whole.subarray(0, 60));
    expect(read(after)).toMatchObject({ Image: { Orientation: 6 } });
    expect(after.subarray(26).every((byte) => byte === 0)).toBe(true);
  });

  test('that goes round in circles is followed once', () => {
    const self = (tag: number) => ({ tag, type: LONG, bytes: numbers(order, LONG, 8) });
    const after = rewritten(madeExif(order, [self(0x8769), self(0x014a), ascii(0x010f, 'Example')]));
    expect(read(after).Image).toEqual({ Make: 'Example' });
  });

  test('with more entries than any camera writes keeps its orientation alone', () => {
    const orientation = { tag: 0x0112, type: 3, bytes: numbers(order, 3, 6) };
    const many = Array.from({ length: 3000 }, () => ascii(0x010f, 'Example'));
    expect(read(rewritten(madeExif(order, [orientation, ...many]))).Image).toEqual({ Orientation: 6 });
  });

  test('with directories one over the other ends soon', () => {
    const count = 1500;
    const entries = Array.from({ length: count }, (_, index) => ({
      tag: index % 2 === 0 ? 0x8825 : 0x8769,
      type: LONG,
      bytes: numbers(order, LONG, 10 + index * 2),
    }));
    expect(read(rewritten(madeExif(order, entries))).GPSInfo).toBeUndefined();
  });
});

test('what is no EXIF at all is blanked', () => {
  const after = rewritten(Buffer.from('51.5N 0.1W, and nothing of TIFF'));
  expect(after.includes('51.5N')).toBe(false);
  expect(rewritten(Buffer.from('51.5N')).every((byte) => byte === 0)).toBe(true);
});
