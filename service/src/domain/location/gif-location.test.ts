import { describe, expect, test } from 'vitest';
import { animation, QUARTERS } from '../../../test/support/made-images.ts';
import { rawPixels, withGifXmp } from '../../../test/support/placed-images.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { withoutLocation } from './without-location.ts';

const { bytes: PLAIN } = SMALL_IMAGES['image/gif'];
const LAST = PLAIN.length - 1;

/** An extension of sub-blocks, before the trailer. */
function withExtension(label: number, ...blocks: readonly string[]): Buffer {
  const content = blocks.map((text) => Buffer.from([text.length, ...Buffer.from(text, 'latin1')]));
  const extension = Buffer.concat([Buffer.from([0x21, label]), ...content, Buffer.from([0])]);
  return Buffer.concat([PLAIN.subarray(0, LAST), extension, PLAIN.subarray(LAST)]);
}

const without = (bytes: Uint8Array) => withoutLocation(bytes, 'image/gif');

function changed(bytes: Uint8Array): Buffer {
  const found = without(bytes);
  if (found.kind !== 'changed') throw new Error(`It is ${found.kind}.`);
  expect(found.bytes.length).toBe(bytes.length);
  return Buffer.from(found.bytes);
}

describe('a GIF', () => {
  test.each<[string, Buffer]>([
    ['a comment with a position', withExtension(0xfe, 'The latit', 'ude is SECRET')],
    ['an application that nobody knows', withExtension(0xff, 'UNKNOWN 1.0', 'SECRET', 'SECRET')],
    ['an extension that nobody knows', withExtension(0x42, 'SECRET')],
    ...[1, 2, 253, 254, 255, 256, 257, 258, 600].map((size): [string, Buffer] => [
      `XMP with ${size} letters more`,
      withGifXmp(PLAIN, `SECRET${'x'.repeat(size)}`),
    ]),
  ])('loses %s, and goes on after it', async (_what, file) => {
    const moving = Buffer.concat([file.subarray(0, -1), PLAIN.subarray(PLAIN.indexOf(0x2c))]);
    for (const each of [file, moving]) {
      const after = changed(each);
      expect(after.includes('SECRET') || after.includes('xxx')).toBe(false);
      expect((await rawPixels(after)).equals(await rawPixels(each))).toBe(true);
      expect(without(after)).toEqual({ kind: 'unchanged' });
    }
  });

  test('keeps a comment, and how often an animation repeats', async () => {
    expect(without(withExtension(0xfe, 'Made by hand'))).toEqual({ kind: 'unchanged' });
    expect(without(await animation(QUARTERS, 'gif'))).toEqual({ kind: 'unchanged' });
  });

  test('cannot be followed where there is no block', () => {
    const file = Buffer.concat([PLAIN.subarray(0, LAST), Buffer.from('?')]);
    expect(without(file)).toMatchObject({ kind: 'impossible' });
  });
});
