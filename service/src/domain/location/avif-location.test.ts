import { beforeAll, describe, expect, test } from 'vitest';
import { numbers } from '../../../test/support/made-exif.ts';
import { placedImage, rawPixels } from '../../../test/support/placed-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { withoutLocation } from './without-location.ts';

const { bytes: PLAIN } = SMALL_IMAGES['image/avif'];

const box = (type: string, ...content: readonly (Buffer | string)[]) => {
  const all = Buffer.concat(content.map((part) => Buffer.from(part as string, 'latin1')));
  return Buffer.concat([numbers('MM', 4, all.length + 8), Buffer.from(type, 'latin1'), all]);
};

const without = (bytes: Uint8Array) => withoutLocation(bytes, 'image/avif');

function changed(bytes: Uint8Array): Buffer {
  const found = without(bytes);
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  expect(found.bytes.length).toBe(bytes.length);
  return Buffer.from(found.bytes);
}

/** With other letters in place of those, all of them. */
function replaced(bytes: Buffer, from: string, to: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
}

const FULL = '\0\0\0\0';
const infe = (id: number, type: string, more = '') =>
  box('infe', '\x02\0\0\0', numbers('MM', 3, id, 0), type, `\0${more}`);

interface MadeItem {
  readonly type: string;
  readonly more?: string;
  readonly data: Buffer;
  /** 0: in `mdat`, 1: in `idat`. */
  readonly construction: 0 | 1 | 2;
}

/** A file that is nothing but its items, in two extents each. */
function withItems(...items: readonly MadeItem[]): Buffer {
  const ftyp = box('ftyp', 'avif', FULL, 'avifmif1');
  const iinf = box(
    'iinf',
    FULL,
    numbers('MM', 3, items.length),
    ...items.map(({ type, more }, id) => infe(id, type, more)),
  );
  const idat = box('idat', ...items.filter(({ construction }) => construction === 1).map(({ data }) => data));
  const iloc = (mdat: number) => {
    const free = [mdat, 0, 0];
    const rows = items.map(({ data, construction }, id) => {
      const at = free[construction] ?? 0;
      free[construction] = at + data.length;
      return Buffer.concat([
        numbers('MM', 3, id, construction, 0, 2),
        numbers('MM', 4, at, 5, at + 5, data.length - 5),
      ]);
    });
    return box('iloc', '\x01\0\0\0', Buffer.from([0x44, 0]), numbers('MM', 3, items.length), ...rows);
  };
  const meta = (mdat: number) => box('meta', FULL, iinf, iloc(mdat), idat);
  const mdat = box('mdat', ...items.filter(({ construction }) => construction !== 1).map(({ data }) => data));
  return Buffer.concat([ftyp, meta(ftyp.length + meta(0).length + 8), mdat]);
}

const PIXELS = { type: 'av01', data: Buffer.from('PIXELS AND MORE'), construction: 0 } as const;
const BROKEN_EXIF = Buffer.from('\0\0\0\0SECRET AND NO TIFF');

describe('an AVIF', () => {
  let placed: Buffer;
  beforeAll(async () => {
    placed = await placedImage('image/avif');
  });

  test.each([0, 1] as const)('loses metadata that are placed in way %i, and no pixel', (construction) => {
    const file = withItems(
      PIXELS,
      { type: 'Exif', data: BROKEN_EXIF, construction },
      {
        type: 'mime',
        more: 'application/rdf+xml\0\0',
        data: Buffer.from('<x exif:GPS="SECRET"/>'),
        construction,
      },
      { type: 'mime', more: 'text/plain\0deflate\0', data: Buffer.from('SECRET'), construction },
      { type: 'uri ', data: Buffer.from('SECRET'), construction },
    );
    const after = changed(file);
    expect(after.includes('SECRET')).toBe(false);
    expect(after.includes(PIXELS.data)).toBe(true);
    // What is left of the EXIF is one without an entry.
    expect(after.includes('\0\0\0\0II*\0\x08\0\0\0\0\0')).toBe(true);
  });

  test.each([
    ['in another item', withItems(PIXELS, { type: 'Exif', data: BROKEN_EXIF, construction: 2 })],
    ['of a kind that nobody knows', withItems(PIXELS, { type: 'abcd', data: BROKEN_EXIF, construction: 0 })],
  ])('cannot be followed where an item is %s', (_what, file) => {
    expect(without(file)).toMatchObject({ kind: 'impossible' });
  });

  test('cannot be followed where metadata lie over pixels', () => {
    const file = withItems(PIXELS, { type: 'Exif', data: BROKEN_EXIF, construction: 0 });
    const at = file.indexOf('PIXELS');
    const exifAt = at + PIXELS.data.length;
    const shifted = replaced(
      file,
      numbers('MM', 4, exifAt, 5).toString('latin1'),
      numbers('MM', 4, at, 5).toString('latin1'),
    );
    expect(shifted.equals(file)).toBe(false);
    expect(without(shifted)).toMatchObject({ kind: 'impossible' });
  });

  test('loses boxes that nobody knows, where they are', async () => {
    const file = Buffer.concat([PLAIN, box('uuid', 'SECRET'), box('free', 'SECRET'), box('mdat', 'PIXELS')]);
    const after = changed(file);
    expect(after.includes('SECRET')).toBe(false);
    expect(after.includes('PIXELS')).toBe(true);
    expect((await rawPixels(after)).equals(await rawPixels(PLAIN))).toBe(true);
  });

  test('of a sequence loses what is told of it, and refuses tracks of anything but pictures', () => {
    const track = (handler: string) =>
      box('trak', box('mdia', box('hdlr', FULL, FULL, handler, '\0'.repeat(13))), box('udta', 'SECRET'));
    const movie = (handler: string) =>
      Buffer.concat([
        box('ftyp', 'avis', FULL, 'avisavif'),
        box(
          'moov',
          box('mvhd', FULL),
          track(handler),
          box('udta', box('\xa9xyz', 'SECRET')),
          box('meta', 'SECRET'),
        ),
      ]);
    expect(changed(movie('pict')).includes('SECRET')).toBe(false);
    expect(without(movie('meta'))).toMatchObject({ kind: 'impossible' });
  });

  test('cannot be followed in fragments, described twice, or where what describes it is longer than the file', () => {
    for (const more of [box('moof'), box('meta', FULL), numbers('MM', 4, 99, 0x6d6f6f76)]) {
      expect(without(Buffer.concat([PLAIN, more]))).toMatchObject({ kind: 'impossible' });
    }
  });

  test('as sharp writes it says so in the file that others read', () => {
    expect(changed(placed).includes('GPS')).toBe(false);
  });
});
