import { expect, test } from 'vitest';
import { cameraFacts } from './camera-text.ts';

test('what the camera wrote down is said as photographers read it', () => {
  const facts = cameraFacts({
    camera_make: 'FUJIFILM',
    camera_model: 'X-T5',
    lens: 'XF35mmF1.4 R',
    exposure_time: '1/250',
    f_number: 2.8,
    iso: 400,
    focal_length_mm: 35,
    taken_at: '2026-06-01T21:14:05+02:00',
    gps: { latitude: -33.8568, longitude: 151.2153 },
  });
  expect(Object.fromEntries(facts.map(({ name, value }) => [name, value]))).toEqual({
    Camera: 'FUJIFILM X-T5',
    Lens: 'XF35mmF1.4 R',
    Exposure: '1/250 s · f/2.8 · ISO 400 · 35 mm',
    Taken: '1 June 2026 at 21:14',
    Place: '33.8568° S, 151.2153° E',
  });
});

test("a maker's name is not said twice, and what is not known is not said", () => {
  expect(cameraFacts({ camera_make: 'NIKON CORPORATION', camera_model: 'NIKON Z 6' })).toEqual([
    { name: 'Camera', value: 'NIKON Z 6' },
  ]);
  expect(cameraFacts({})).toEqual([]);
  expect(cameraFacts(null)).toEqual([]);
});
