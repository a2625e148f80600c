import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Exif, exifOf } from '../domain/exif.ts';
import type { Placeholder } from '../domain/image.ts';
import { exifSchema, placeholderSchema } from './image-details-schemas.ts';

test('what is told of EXIF is as the document says', () => {
  const number = fc.double({ min: 0, max: 1000, noNaN: true });
  const place = fc.array(fc.double({ min: 0, max: 59, noNaN: true }), { minLength: 3, maxLength: 3 });
  const said = fc.record({
    image: fc.record({
      Make: fc.string(),
      Model: fc.constant('X-T5'),
      Orientation: fc.integer({ min: 0, max: 9 }),
    }),
    photo: fc.record({
      LensModel: fc.string({ unit: 'grapheme' }),
      ExposureTime: fc.oneof(number, fc.double({ min: 1e-7, max: 1, noNaN: true })),
      FNumber: number,
      ISOSpeedRatings: fc.nat(200_000),
      FocalLength: number,
      DateTimeOriginal: fc
        .date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 19)),
      OffsetTimeOriginal: fc.constantFrom('+02:00', '-09:30', 'Z', '', '+14:00'),
    }),
    gps: fc.record({
      GPSLatitudeRef: fc.constantFrom('N', 'S'),
      GPSLatitude: place,
      GPSLongitudeRef: fc.constantFrom('E', 'W'),
      GPSLongitude: place,
      GPSAltitude: number,
    }),
  });
  fc.assert(
    fc.property(said, (raw) => {
      const exif = exifOf(raw, { keepGps: true });
      expect(exif).toHaveProperty('gps');
      const checked: Exif = exifSchema.parse(exif) as Exif;
      expect(checked).toEqual(exif);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test.each([
  { exposure_time: '1/0' },
  { exposure_time: 'fast' },
  { taken_at: '2026-06-01' },
  { taken_at: '2026-06-01T21:14:05.123' },
  { orientation: 9 },
  { iso: 0 },
  { camera_make: '' },
  { camera_make: 'x'.repeat(101) },
  { gps: { latitude: 91, longitude: 0 } },
  { gps: { latitude: 1 } },
  { serial_number: '1' },
])('%j is no EXIF', (exif) => {
  expect(exifSchema.safeParse(exif).success).toBe(false);
});

test('a placeholder is a ThumbHash and a colour', () => {
  const placeholder: Placeholder = { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' };
  expect(placeholderSchema.parse(placeholder)).toEqual(placeholder);
  for (const wrong of [
    { color: 'red' },
    { color: '#7A8C99' },
    { thumbhash: 'no base64!' },
    { thumbhash: 'AAAA'.repeat(17) },
  ]) {
    expect(placeholderSchema.safeParse({ ...placeholder, ...wrong }).success).toBe(false);
  }
});
