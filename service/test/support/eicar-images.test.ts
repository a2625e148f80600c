import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { EICAR, EICAR_IMAGES } from './eicar-images.ts';
import { SMALL_IMAGES } from './small-images.ts';

const pixels = (bytes: Buffer) => sharp(bytes, { failOn: 'warning' }).raw().toBuffer();

describe('the text of EICAR', () => {
  test('is as long as it is known to be', () => {
    expect(EICAR).toHaveLength(68);
  });

  test.each(EICAR_IMAGES)('is $name, which decodes to the same pixels', async ({ bytes, content_type }) => {
    expect(bytes.includes(EICAR)).toBe(true);
    expect(await pixels(bytes)).toEqual(await pixels(SMALL_IMAGES[content_type].bytes));
  });
});
