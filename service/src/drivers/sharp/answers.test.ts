import { describe, expect, test } from 'vitest';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { acceptDeveloped, acceptRendered, developRules, renderRules } from './answers.ts';

/** Of 8 x 6 pixels, whose only presets are these two. */
const WEBP = SMALL_IMAGES['image/webp'].bytes;
const THUMB_SIZE = { width: 6, height: 6 };

/** A lossless WebP of 6 x 6 pixels: its header alone is looked at. */
const THUMB = Buffer.from(
  'RIFF\x20\0\0\0WEBPVP8L\x0d\0\0\0\x2f\x05\x40\x01\0\0\0\0\0\0\0\0\0\0\0\0\0',
  'latin1',
);

const PLACEHOLDER = { thumbhash: 'ZEiGE4YpqEd5eYCZcIcKVxhYfHVwdmg=', color: '#123456' };

const developed = (changes: object = {}) => ({
  ...{ width: 8, height: 6, placeholder: PLACEHOLDER, exif: null },
  presets: [
    { preset: 'thumb', size_bytes: THUMB.length },
    { preset: 'small', size_bytes: WEBP.length },
  ],
  ...changes,
});

/** As the driver takes an answer: its header, then the whole. */
function accepted(header: object, body: Buffer = Buffer.concat([THUMB, WEBP]), maxPixels = 48) {
  const read = developRules.readHeader(header);
  expect(developRules.bodyLength(read)).toBe(body.length);
  return acceptDeveloped({ header: read, body }, 'webp', maxPixels);
}

const exif = (image: object) => developed({ exif: { image, photo: {}, gps: {} } });

describe('the answer of a decoder', () => {
  test('that is as it should be is taken', () => {
    expect(accepted(developed())).toEqual({
      ...{ width: 8, height: 6, placeholder: PLACEHOLDER, exif: null },
      presets: [
        { preset: 'thumb', content_type: 'image/webp', ...THUMB_SIZE, bytes: THUMB },
        { preset: 'small', content_type: 'image/webp', width: 8, height: 6, bytes: WEBP },
      ],
    });
    expect(accepted(exif({ Make: 'Example', FNumber: 2.8, Lens: [1, 2] }))).toMatchObject({
      exif: { image: { Make: 'Example', FNumber: 2.8, Lens: [1, 2] } },
    });
  });

  test('has nothing of a prototype', () => {
    const taken = accepted(exif(JSON.parse('{"__proto__": {"admin": 1}, "Make": "Example"}')));
    expect(Object.getOwnPropertyNames('exif' in taken ? taken.exif?.image : undefined)).toEqual(['Make']);
  });

  test('that refuses the image is taken', () => {
    const refusal = { refused: 'undecodable', detail: 'in the words of the library' };
    expect(accepted(refusal, Buffer.alloc(0))).toEqual(refusal);
  });

  const half = { preset: 'small', size_bytes: WEBP.length };
  test.each([
    ['a refusal of its own', { refused: 'because', detail: '' }],
    ['an endless detail', { refused: 'undecodable', detail: 'x'.repeat(501) }],
    ['something more', developed({ title: 'mine' })],
    ['no size', developed({ width: 0 })],
    ['a size that is no number', developed({ width: '8' })],
    ['more pixels than are decoded', developed({ width: 7, height: 7 })],
    ['the presets of another size', developed({ width: 6, height: 8 })],
    ['too few presets', developed({ presets: [half] })],
    ['presets in another order', developed({ presets: developed().presets.toReversed() })],
    ['a preset that there is not', developed({ presets: [{ ...half, preset: 'huge' }] })],
    [
      'lengths that do not fit',
      developed({
        presets: [
          { ...half, preset: 'thumb' },
          { ...half, size_bytes: 1 },
        ],
      }),
    ],
    ['a negative length', developed({ presets: [{ ...half, size_bytes: -1 }] })],
    [
      'more bytes than anything may have',
      developed({ presets: Array(2).fill({ ...half, size_bytes: 40 << 20 }) }),
    ],
    ['a placeholder that is none', developed({ placeholder: { ...PLACEHOLDER, thumbhash: '<script>' } })],
    ['a colour that is none', developed({ placeholder: { ...PLACEHOLDER, color: 'url(x)' } })],
    ['long text in EXIF', exif({ Make: 'x'.repeat(201) })],
    ['long lists in EXIF', exif({ Lens: Array(17).fill(1) })],
    ['a tree in EXIF', exif({ Lens: { deep: {} } })],
    ['names of its own in EXIF', exif({ 'a b': 1 })],
    ['too many tags', exif(Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`Tag${index}`, 1])))],
  ])('is not trusted with %s', (_name, header) => {
    expect(() => {
      const read = developRules.readHeader(header);
      const body = Buffer.alloc(developRules.bodyLength(read));
      Buffer.concat([THUMB, WEBP]).copy(body);
      acceptDeveloped({ header: read, body }, 'webp', 48);
    }).toThrow();
  });

  const plan = { width: 8, height: 6, fit: 'inside', keep: 'centre', format: 'webp', quality: 80 } as const;
  const take = (bytes: Buffer, changes: object = {}) => {
    const header = renderRules.readHeader({ size_bytes: bytes.length });
    expect(renderRules.bodyLength(header)).toBe(bytes.length);
    return acceptRendered({ header, body: bytes }, { ...plan, ...changes });
  };

  test.each(['webp', 'avif', 'jpeg', 'png'] as const)('that is a rendition as %s is taken', (format) => {
    const { bytes } = SMALL_IMAGES[`image/${format}`];
    expect(take(bytes, { format })).toEqual({ content_type: `image/${format}`, width: 8, height: 6, bytes });
  });

  test.each([
    ['of another type', SMALL_IMAGES['image/png'].bytes, {}],
    ['that is a page', Buffer.from('<script>alert(1)</script>'), {}],
    ['of another size', WEBP, { width: 9 }],
    ['of which there is only the beginning of a header', WEBP.subarray(0, 14), {}],
  ])('that is a rendition %s is not trusted', (_name, bytes, changes) => {
    expect(() => take(bytes, changes)).toThrow();
  });
});
