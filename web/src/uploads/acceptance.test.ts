import { describe, expect, it } from 'vitest';
import { refusalOf } from './acceptance.ts';

const SETTINGS = {
  max_image_bytes: 50 * 1024 ** 2,
  accepted_types: ['image/jpeg', 'image/png', 'image/webp'],
};
const ONLY = 'Only JPEG, PNG, and WebP images are accepted.';

describe('a file that is offered', () => {
  it.each([
    [{ name: 'owl.jpg', type: 'image/jpeg', size: 1000 }, undefined],
    // Some systems know no type of a file.
    [{ name: 'OWL.JPEG', type: '', size: 1000 }, undefined],
    [{ name: 'owl.webp', type: '', size: 50 * 1024 ** 2 }, undefined],
    [{ name: 'owl.jpg', type: 'image/jpeg', size: 0 }, 'The file is empty.'],
    [
      { name: 'owl.png', type: 'image/png', size: 50 * 1024 ** 2 + 1 },
      'It is larger than 50 MB, the most that is accepted.',
    ],
    [{ name: 'owl.heic', type: 'image/heic', size: 1000 }, `HEIC images are not accepted. ${ONLY}`],
    [{ name: 'owl.svg', type: 'image/svg+xml', size: 1000 }, `SVG images are not accepted. ${ONLY}`],
    [{ name: 'owl.pdf', type: 'application/pdf', size: 1000 }, ONLY],
    [{ name: 'owl', type: '', size: 1000 }, ONLY],
  ])('%o: %s', (file, refusal) => {
    expect(refusalOf(file, SETTINGS)).toBe(refusal);
  });

  it('is what its bytes are, whatever it is called', () => {
    const file = { name: 'owl.jpg', type: 'image/jpeg', size: 1000 };
    expect(refusalOf(file, SETTINGS, 'image/webp')).toBeUndefined();
    expect(refusalOf(file, SETTINGS, 'image/gif')).toBe(`GIF images are not accepted. ${ONLY}`);
  });
});
