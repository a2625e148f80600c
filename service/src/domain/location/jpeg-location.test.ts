import { describe, expect, test } from 'vitest';
import { ascii, type MadeEntry, madeExif, numbers, placedExif } from '../../../test/support/made-exif.ts';
import { PLACED_XMP, rawPixels } from '../../../test/support/placed-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { withoutLocation } from './without-location.ts';

const { bytes: PLAIN } = SMALL_IMAGES['image/jpeg'];
const [APP1, APP2, APP11, APP13, COM] = [0xe1, 0xe2, 0xeb, 0xed, 0xfe];

function segment(marker: number, ...content: readonly (Buffer | string)[]): Buffer {
  const all = Buffer.concat(content.map((part) => Buffer.from(part as string, 'latin1')));
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(all.length + 2, 2);
  return Buffer.concat([head, all]);
}

const withSegments = (...segments: readonly Buffer[]) =>
  Buffer.concat([PLAIN.subarray(0, 2), ...segments, PLAIN.subarray(2)]);

const without = (bytes: Uint8Array) => withoutLocation(bytes, 'image/jpeg');

function changed(bytes: Uint8Array): Buffer {
  const found = without(bytes);
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  expect(found.bytes.length).toBe(bytes.length);
  return Buffer.from(found.bytes);
}

const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const resource = (id: number, data: Buffer) =>
  Buffer.concat([
    Buffer.from('8BIM'),
    numbers('MM', 3, id),
    Buffer.from([0, 0]),
    numbers('MM', 4, data.length),
    data,
    Buffer.alloc(data.length % 2),
  ]);
const dataset = (id: number, text: string) =>
  Buffer.concat([Buffer.from([0x1c, 2, id]), numbers('MM', 3, text.length), Buffer.from(text)]);

describe('a JPEG', () => {
  test.each([
    ['XMP with a position', segment(APP1, XMP, PLACED_XMP)],
    ['XMP with a city', segment(APP1, XMP, '<x photoshop:City="SECRET"/>')],
    ['extended XMP, whatever it says', segment(APP1, 'http://ns.adobe.com/xmp/extension/\0', 'SECRET')],
    ['another segment that nobody knows', segment(APP1, 'FLIR\0', 'SECRET')],
    ['a manifest', segment(APP11, 'JP\0\0', 'SECRET')],
    ['a comment with a position', segment(COM, 'GPS SECRET')],
    ['what is between two segments', Buffer.from('SECRET')],
    ['a segment of Photoshop that is no such', segment(APP13, 'SECRET')],
    ['EXIF of Photoshop', segment(APP13, 'Photoshop 3.0\0', resource(0x0422, Buffer.from('SECRET')))],
    ['a resource that is cut off', segment(APP13, 'Photoshop 3.0\0', '8BIM\x04\x04\0\0\0\0\xff\xffSECRET')],
    ['IPTC that is none', segment(APP13, 'Photoshop 3.0\0', resource(0x0404, Buffer.from('SECRET')))],
  ])('loses %s', async (_what, part) => {
    const after = changed(withSegments(part));
    expect(after.includes('SECRET') || after.includes('GPSLatitude')).toBe(false);
    expect((await rawPixels(after)).equals(await rawPixels(PLAIN))).toBe(true);
  });

  test('loses of IPTC the places alone', () => {
    const iptc = Buffer.concat([dataset(90, 'Sin City'), dataset(116, 'Carol'), dataset(101, 'Utopia')]);
    const after = changed(withSegments(segment(APP13, 'Photoshop 3.0\0', resource(0x0404, iptc))));
    expect(after.includes('City') || after.includes('Utopia')).toBe(false);
    expect(after.includes(dataset(116, 'Carol'))).toBe(true);
  });

  test.each([
    ['XMP without a place', segment(APP1, XMP, '<x dc:rights="Carol" xmp:Rating="5"/>')],
    ['a colour profile', segment(APP2, 'ICC_PROFILE\0\x01\x01', 'GPS')],
    ['a comment', segment(COM, 'Made by hand')],
    ['IPTC without a place', segment(APP13, 'Photoshop 3.0\0', resource(0x0404, dataset(116, 'Carol')))],
    ['EXIF without a place', segment(APP1, 'Exif\0\0', madeExif('MM', [ascii(0x8298, 'Carol')]))],
  ])('keeps %s', (_what, part) => {
    expect(without(withSegments(part))).toEqual({ kind: 'unchanged' });
  });

  test('keeps the pictures after its end, each without its place, and nothing else there', async () => {
    const placed = withSegments(segment(APP1, 'Exif\0\0', placedExif('II')));
    const after = changed(Buffer.concat([placed, placed, Buffer.alloc(10), placed, Buffer.from('A FILM')]));
    const one = changed(placed);
    expect(after).toEqual(Buffer.concat([one, one, Buffer.alloc(10), one, Buffer.alloc(6)]));
  });

  test('keeps pictures further on that it names itself', () => {
    const gap = Buffer.from('51.5N 0.1W');
    const entriesFor = (at: number): MadeEntry[] => [
      ascii(0xb000, '010'),
      {
        tag: 0xb002,
        type: 7,
        bytes: Buffer.concat([numbers('MM', 4, 0, 1, 0, 0), numbers('MM', 4, 0, 1, at, 0)]),
      },
    ];
    const head = (at: number) => withSegments(segment(APP2, 'MPF\0', madeExif('MM', entriesFor(at))));
    // From the TIFF header on, which is 10 bytes into the file.
    const file = Buffer.concat([head(head(0).length + gap.length - 10), gap, PLAIN]);
    const after = changed(file);
    expect(after.subarray(-PLAIN.length).equals(PLAIN)).toBe(true);
    expect(after.includes(gap)).toBe(false);
  });

  test.each([
    ['no JPEG', Buffer.from('GIF89a')],
    ['one without pixels', PLAIN.subarray(0, 20)],
    ['one that begins twice', Buffer.concat([PLAIN.subarray(0, 2), PLAIN])],
    ['one whose segment has no length', Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0, 1])],
  ])('%s cannot be followed', (_what, bytes) => {
    expect(without(bytes)).toEqual({ kind: 'impossible', why: expect.stringMatching(/\.$/) });
  });

  test('whose pixels are cut off is followed as far as it goes', () => {
    const file = withSegments(segment(APP1, 'Exif\0\0', placedExif('II')));
    expect(changed(file.subarray(0, -6)).includes('MAKER')).toBe(false);
  });
});
