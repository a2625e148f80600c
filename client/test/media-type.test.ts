import { expect, test } from 'vitest';
import { SMALL_IMAGES } from '../../service/test/support/small-images.ts';
import { mediaTypeOf } from '../src/media-type.ts';

const typeOf = (bytes: Uint8Array) => mediaTypeOf(new Blob([new Uint8Array(bytes)]));
const latin1 = (text: string) => Buffer.from(text, 'latin1');

test.each(Object.entries(SMALL_IMAGES))('the beginning of %s is known', async (type, { bytes }) => {
  expect(await typeOf(bytes)).toBe(type);
});

test('an AVIF is one by any of its brands', async () => {
  expect(await typeOf(latin1('\0\0\0\x1cftypavis\0\0\0\0avis'))).toBe('image/avif');
  expect(await typeOf(latin1('\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif'))).toBe('image/avif');
});

test.each([
  ['a HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
  ['a WAVE', 'RIFF\x24\0\0\0WAVEfmt '],
  ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ['nothing', ''],
])('%s is none of them', async (_what, text) => {
  expect(await typeOf(latin1(text))).toBeUndefined();
});
