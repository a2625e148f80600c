import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readExif } from './exif.ts';

const pixel = () => sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } });

async function blockWith(tags: Parameters<ReturnType<typeof pixel>['withExif']>[0]): Promise<Buffer> {
  const bytes = await pixel().withExif(tags).jpeg().toBuffer();
  return (await sharp(bytes).metadata()).exif ?? Buffer.alloc(0);
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** The value, or where it lies. */
  readonly value: number;
}

/** A big-endian TIFF block: its first directory at 8, then whatever bytes are given. */
function block(entries: readonly Entry[], after: readonly Uint8Array[] = []): Buffer {
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16BE(entries.length);
  for (const [index, { tag, type, count, value }] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16BE(tag, at);
    directory.writeUInt16BE(type, at + 2);
    directory.writeUInt32BE(count, at + 4);
    directory.writeUInt32BE(value, at + 8);
  }
  return Buffer.concat([Buffer.from('MM\0\x2a\0\0\0\x08', 'latin1'), directory, ...after]);
}

const ASCII = 2;
const BYTE = 1;
const LONG = 4;
const RATIONAL = 5;
const MAKE = 0x010f;

describe('reading EXIF', () => {
  test('tells the known tags by name, and leaves the others out', async () => {
    const exif = readExif(
      await blockWith({
        IFD0: { Make: 'Example', Model: 'One', HostComputer: 'desk' },
        IFD2: { ExposureTime: '1/250', FNumber: '28/10', ISOSpeedRatings: '200', MakerNote: 'secret' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
      }),
    );
    expect(exif?.image).toMatchObject({ Make: 'Example', Model: 'One' });
    expect(exif?.photo).toMatchObject({ ExposureTime: 1 / 250, FNumber: 2.8, ISOSpeedRatings: 200 });
    expect(exif?.gps).toEqual({ GPSLatitudeRef: 'N', GPSLatitude: [51, 30, 0] });
    expect(JSON.stringify(exif)).not.toMatch(/desk|MakerNote|secret/);
  });

  test('times are those of the clock, without a zone', async () => {
    const exif = readExif(await blockWith({ IFD2: { DateTimeOriginal: '2024:05:06 07:08:09' } }));
    expect(exif?.photo).toMatchObject({ DateTimeOriginal: '2024-05-06T07:08:09' });
  });

  test.each([
    ['UTF-8', Buffer.from('Zoë 写真\0'), 'Zoë 写真'],
    ['Latin-1', Buffer.from('Zoë Ångström\0', 'latin1'), 'Zoë Ångström'],
    ['control characters', Buffer.from('A\r\n\x1b[31mB\0'), 'A [31mB'],
    ['bytes after the end of the text', Buffer.from('Camera\0\0\x07rest\0'), 'Camera'],
    ['too much text', Buffer.from(`${'x'.repeat(500)}\0`), 'x'.repeat(200)],
  ])('text is read as what it is: %s', (_name, bytes, text) => {
    const value = 8 + 2 + 12 + 4;
    const exif = readExif(block([{ tag: MAKE, type: ASCII, count: bytes.length, value }], [bytes]));
    expect(exif?.image).toEqual({ Make: text });
  });

  test('numbers that are none, such as 1/0, are left out', () => {
    const EXIF = 0x8769;
    const at = 8 + 2 + 12 + 4;
    const photo = block([{ tag: 0x829a, type: RATIONAL, count: 1, value: at + 18 }]).subarray(8);
    const oneByZero = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]);
    const exif = readExif(block([{ tag: EXIF, type: LONG, count: 1, value: at }], [photo, oneByZero]));
    expect(exif).toEqual({ image: {}, photo: {}, gps: {} });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no TIFF', Buffer.from('Exif\0\0not a header at all')],
    ['a header alone', Buffer.from('MM\0\x2a', 'latin1')],
    ['a directory beyond the end', Buffer.from('II\x2a\0\xff\xff\xff\x7f\0\0\0\0', 'latin1')],
    ['noise', Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 167 + 13) % 256))],
  ])('a block that is broken is none: %s', (_name, bytes) => {
    const exif = readExif(bytes);
    expect(exif === null || Object.keys(exif.image).length === 0).toBe(true);
  });

  test('a block that claims gigabytes is none', () => {
    const everything = { type: BYTE, count: 60_000, value: 0 };
    const entries = Array.from({ length: 1_900 }, (_, index) => ({ tag: index, ...everything }));
    expect(readExif(block(entries, [Buffer.alloc(60_000)]))).toBeNull();
    // One that claims so much once is one.
    expect(readExif(block(entries.slice(0, 1), [Buffer.alloc(60_000)]))).not.toBeNull();
  });

  test('nor is one that hides its claims in a directory that another points to', () => {
    const everything = { type: BYTE, count: 60_000, value: 0 };
    const at = 8 + 2 + 12 + 4;
    const inner = block(Array.from({ length: 100 }, (_, tag) => ({ tag, ...everything }))).subarray(8);
    for (const pointer of [0x8769, 0x8825]) {
      const outer = [{ tag: pointer, type: LONG, count: 1, value: at }];
      expect(readExif(block(outer, [inner, Buffer.alloc(60_000)]))).toBeNull();
    }
    const thumbnail = block([{ tag: MAKE, type: LONG, count: 1, value: 1 }], [inner, Buffer.alloc(60_000)]);
    thumbnail.writeUInt32BE(at, at - 4);
    expect(readExif(thumbnail)).toBeNull();
  });

  test('and directories that point to one another are read once each', () => {
    const self = { tag: 0x8769, type: LONG, count: 1, value: 8 };
    expect(readExif(block([self]))).toEqual({ image: {}, photo: {}, gps: {} });
  });
});
