import { describe, expect, test } from 'vitest';
import { numbers, placedExif } from '../../../test/support/made-exif.ts';
import { animation, QUARTERS } from '../../../test/support/made-images.ts';
import { PLACED_XMP, placeIn, rawPixels } from '../../../test/support/placed-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { withoutLocation } from './without-location.ts';

const { bytes: PLAIN, width, height } = SMALL_IMAGES['image/webp'];

const chunk = (type: string, data: Buffer | string) => {
  const content = Buffer.from(data as string, 'latin1');
  return Buffer.concat([
    Buffer.from(type),
    numbers('II', 4, content.length),
    content,
    Buffer.alloc(content.length % 2),
  ]);
};

function riff(...chunks: readonly Buffer[]): Buffer {
  const content = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
  return Buffer.concat([Buffer.from('RIFF'), numbers('II', 4, content.length), content]);
}

/** An extended file: with EXIF and XMP, as its flags say. */
const extended = (flags: number, ...chunks: readonly Buffer[]) =>
  riff(
    chunk('VP8X', Buffer.from([flags, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0])),
    PLAIN.subarray(12),
    ...chunks,
  );

const without = (bytes: Uint8Array) => withoutLocation(bytes, 'image/webp');

function changed(bytes: Uint8Array): Buffer {
  const found = without(bytes);
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  expect(found.bytes.length).toBe(bytes.length);
  return Buffer.from(found.bytes);
}

describe('a WebP', () => {
  test('loses XMP with a position, and says that there is none', async () => {
    const after = changed(extended(0x04, chunk('XMP ', PLACED_XMP)));
    expect(after.includes('GPSLatitude') || after.includes('XMP ')).toBe(false);
    expect(after[20]).toBe(0);
    expect(await placeIn(after)).toEqual({ gps: null, inXmp: false });
    expect((await rawPixels(after)).equals(await rawPixels(PLAIN))).toBe(true);
  });

  test.each(['', 'Exif\0\0'])('loses the position of its EXIF, which begins with %j', async (before) => {
    const block = Buffer.concat([Buffer.from(before), placedExif('II')]);
    const after = changed(extended(0x08, chunk('EXIF', block)));
    expect(after.includes('MAKER')).toBe(false);
    expect(after.includes('Carol')).toBe(true);
    expect((await placeIn(after)).gps).toBeNull();
  });

  test('loses what nobody knows, within frames too', async () => {
    const moving = await animation(QUARTERS, 'webp');
    const at = moving.indexOf('ANMF');
    const size = moving.readUInt32LE(at + 4);
    const inner = chunk('abcd', 'SECRET');
    const file = Buffer.concat([
      moving.subarray(0, at + 8 + size),
      inner,
      moving.subarray(at + 8 + size),
      chunk('efgh', 'SECRET'),
    ]);
    file.writeUInt32LE(size + inner.length, at + 4);
    file.writeUInt32LE(file.length - 8, 4);
    const after = changed(file);
    expect(after.includes('SECRET')).toBe(false);
    expect((await rawPixels(after)).equals(await rawPixels(moving))).toBe(true);
  });

  test('keeps XMP without a place', () => {
    expect(without(extended(0x04, chunk('XMP ', '<x dc:rights="Carol"/>')))).toEqual({ kind: 'unchanged' });
  });

  test('of another kind cannot be followed', () => {
    expect(without(Buffer.from('RIFF\0\0\0\0WAVE'))).toMatchObject({ kind: 'impossible' });
  });
});
