import { describe, expect, test } from 'vitest';
import { actualScale, FITS, fitExtent, held, largestScale, zoomAt } from './zoom.ts';

const STAGE = { width: 1000, height: 800 };
const PHOTO = { width: 4000, height: 2000 };

describe('a picture on the stage', () => {
  test('fits as a whole, in its own proportions', () => {
    expect(fitExtent(PHOTO, STAGE)).toEqual({ width: 1000, height: 500 });
    expect(fitExtent({ width: 1000, height: 4000 }, STAGE)).toEqual({ width: 200, height: 800 });
  });

  test('is not blown up where it has few pixels', () => {
    expect(fitExtent({ width: 300, height: 200 }, STAGE)).toEqual({ width: 300, height: 200 });
  });

  test('can be enlarged to its own pixels and beyond, and one of few pixels too', () => {
    const fit = fitExtent(PHOTO, STAGE);
    expect(actualScale(PHOTO, fit)).toBe(4);
    expect(largestScale(PHOTO, fit)).toBe(8);
    expect(actualScale({ width: 300, height: 200 }, { width: 300, height: 200 })).toBe(2);
  });
});

describe('zooming', () => {
  test('keeps what is under the pointer there', () => {
    const zoomed = zoomAt(FITS, 2, { x: 100, y: -50 }, 8);
    // A point of the picture at `p` from its middle is shown at `x + p * scale`.
    expect(zoomed.x + 100 * zoomed.scale).toBe(100);
    expect(zoomed.y - 50 * zoomed.scale).toBe(-50);
  });

  test('ends at the largest scale, and where the picture fits', () => {
    expect(zoomAt(FITS, 100, { x: 0, y: 0 }, 8).scale).toBe(8);
    expect(zoomAt({ scale: 2, x: 0, y: 0 }, 0.1, { x: 0, y: 0 }, 8).scale).toBe(1);
  });

  test('never moves the picture off the stage', () => {
    const fit = fitExtent(PHOTO, STAGE);
    expect(held({ scale: 2, x: 5000, y: 5000 }, fit, STAGE)).toEqual({ scale: 2, x: 500, y: 100 });
    expect(held({ scale: 1, x: 30, y: -30 }, fit, STAGE)).toEqual({ scale: 1, x: 0, y: 0 });
  });
});
