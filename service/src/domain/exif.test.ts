import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Exif, exifOf, type RawExif } from './exif.ts';

const raw = (groups: Partial<RawExif>): RawExif => ({ image: {}, photo: {}, gps: {}, ...groups });

const of = (groups: Partial<RawExif>, keepGps = true) => exifOf(raw(groups), { keepGps });

/** What becomes of one tag. */
const ofPhoto = (name: string, value: unknown) => of({ photo: { [name]: value } });

const PARIS = {
  GPSLatitudeRef: 'N',
  GPSLatitude: [48, 51, 29.6],
  GPSLongitudeRef: 'E',
  GPSLongitude: [2, 17, 40.2],
  GPSAltitudeRef: 0,
  GPSAltitude: 35.27,
};

const PHOTO: RawExif = {
  image: { Make: 'FUJIFILM', Model: 'X-T5', Orientation: 6, Software: 'darktable', Artist: 'Alice' },
  photo: {
    LensModel: 'XF35mmF1.4 R',
    ExposureTime: 0.004,
    FNumber: 2.8,
    ISOSpeedRatings: 400,
    FocalLength: 35,
    DateTimeOriginal: '2026-06-01T21:14:05',
    OffsetTimeOriginal: '+02:00',
    BodySerialNumber: '1234567',
  },
  gps: PARIS,
};

const SHOWN: Exif = {
  camera_make: 'FUJIFILM',
  camera_model: 'X-T5',
  lens: 'XF35mmF1.4 R',
  exposure_time: '1/250',
  f_number: 2.8,
  iso: 400,
  focal_length_mm: 35,
  taken_at: '2026-06-01T21:14:05+02:00',
  orientation: 6,
};

describe('the EXIF of a photograph', () => {
  test('is shown without its place, names and numbers of its owner', () => {
    expect(exifOf(PHOTO, { keepGps: false })).toStrictEqual(SHOWN);
  });

  test('has its place only where that is to be kept', () => {
    const gps = { latitude: 48.858222, longitude: 2.2945, altitude: 35.3 };
    expect(exifOf(PHOTO, { keepGps: true })).toStrictEqual({ ...SHOWN, gps });
  });

  test('is null where nothing of it can be shown', () => {
    expect(of({})).toBeNull();
    expect(of({ image: { Artist: 'Alice', Make: '' }, photo: { FNumber: 0 } })).toBeNull();
    expect(of({ gps: PARIS }, false)).toBeNull();
  });
});

describe('a name', () => {
  test('is trimmed, and has up to 100 characters', () => {
    expect(of({ image: { Make: '  Canon \t' } })).toEqual({ camera_make: 'Canon' });
    expect(of({ image: { Model: 'é'.repeat(100) } })).toEqual({ camera_model: 'é'.repeat(100) });
  });

  test.each([
    '',
    '   ',
    'x'.repeat(101),
    'a\u0000b',
    'a\nb',
    'a\u001b[31mb',
    'a\u0085b',
    'a\u202eb',
    'a\u2028b',
    'a\u200bb',
    'a\ud800b',
    5,
    null,
    ['Canon'],
    { toString: () => 'Canon' },
    new String('Canon'),
  ])('%j is none', (value) => {
    expect(of({ image: { Make: value, Model: value }, photo: { LensModel: value } })).toBeNull();
  });
});

describe('an exposure time', () => {
  test.each([
    [0.004, '1/250'],
    [0.0001, '1/10000'],
    [1 / 60, '1/60'],
    [0.0166, '1/60'],
    [0.00012207, '1/8192'],
    [0.5, '1/2'],
    [0.4, '0.4'],
    [0.6, '0.6'],
    [0.77, '0.77'],
    [0.999, '0.999'],
    [0.06452, '0.0645'],
    [0.9999, '1'],
    [1, '1'],
    [1.3, '1.3'],
    [2.5, '2.5'],
    [30, '30'],
    [99.96, '100'],
    [1234.5678, '1235'],
    [100_000, '100000'],
    [0.000_001, '1/1000000'],
  ])('of %d seconds is written %s', (seconds, text) => {
    expect(ofPhoto('ExposureTime', seconds)).toEqual({ exposure_time: text });
  });

  test('is written so that it is meant within a fiftieth', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e5, noNaN: true }), (seconds) => {
        const [over = '', under = '1'] = ofPhoto('ExposureTime', seconds)?.exposure_time?.split('/') ?? [];
        const written = Number(over) / Number(under);
        expect(Math.abs(written / seconds - 1)).toBeLessThanOrEqual(0.02);
      }),
      { numRuns: 3000, seed: 1 },
    );
  });

  test.each([0, -1, 1e-7, 100_001, Number.NaN, Number.POSITIVE_INFINITY, '1/250', [0.004], null])(
    '%j is none',
    (value) => {
      expect(ofPhoto('ExposureTime', value)).toBeNull();
    },
  );
});

describe('numbers of the lens and the sensor', () => {
  test.each([
    ['FNumber', 1.7799999713897705, { f_number: 1.78 }],
    ['FNumber', 0.95, { f_number: 0.95 }],
    ['FNumber', 1000, { f_number: 1000 }],
    ['FocalLength', 6.764999866370901, { focal_length_mm: 6.76 }],
    ['FocalLength', 100_000, { focal_length_mm: 100_000 }],
    ['ISOSpeedRatings', 3_280_000, { iso: 3_280_000 }],
    ['ISOSpeedRatings', [200, 0], { iso: 200 }],
  ])('%s of %j is %j', (name, value, shown) => {
    expect(ofPhoto(name, value)).toEqual(shown);
  });

  test.each([
    ...['FNumber', 'FocalLength'].flatMap((name) =>
      [0, -2, 1e9, Number.NaN, Number.POSITIVE_INFINITY, '2.8', [2.8], {}, null].map((value) => [
        name,
        value,
      ]),
    ),
    ...[0, -100, 1.5, 1e9, Number.NaN, '100', [], [[100]], {}, null].map((value) => [
      'ISOSpeedRatings',
      value,
    ]),
  ])('%s of %j is none', (name, value) => {
    expect(ofPhoto(String(name), value)).toBeNull();
  });

  test('an ISO too large for its field is looked for where the standard puts it', () => {
    const photo = { ISOSpeedRatings: 65_535 };
    expect(of({ photo: { ...photo, RecommendedExposureIndex: 102_400 } })).toEqual({ iso: 102_400 });
    expect(of({ photo: { ...photo, ISOSpeed: 204_800 } })).toEqual({ iso: 204_800 });
    expect(of({ photo })).toBeNull();
  });
});

describe('when it was taken', () => {
  const taken = (time: unknown, offset?: unknown) =>
    of({ photo: { DateTimeOriginal: time, OffsetTimeOriginal: offset } })?.taken_at;

  test.each([
    ['2026-06-01T21:14:05', undefined, '2026-06-01T21:14:05'],
    ['2026:06:01 21:14:05', undefined, '2026-06-01T21:14:05'],
    ['2026-06-01T21:14:05', '-09:30', '2026-06-01T21:14:05-09:30'],
    ['2026-06-01T21:14:05', '+14:00', '2026-06-01T21:14:05+14:00'],
    ['2026-06-01T21:14:05', 'Z', '2026-06-01T21:14:05Z'],
    ['2024-02-29T00:00:00', undefined, '2024-02-29T00:00:00'],
    ['1826-01-01T00:00:00', undefined, '1826-01-01T00:00:00'],
  ])('%j with offset %j is %s', (time, offset, shown) => {
    expect(taken(time, offset)).toBe(shown);
  });

  test.each(['', '   :  ', '+2', '+15:00', '+02:60', '0200', 2, '+02:00\n', null])(
    'has no offset where that is %j',
    (offset) => {
      expect(taken('2026-06-01T21:14:05', offset)).toBe('2026-06-01T21:14:05');
    },
  );

  test.each([
    '0000-00-00T00:00:00',
    '0000:00:00 00:00:00',
    '    :  :     :  :  ',
    '2026-02-30T12:00:00',
    '2026-13-01T12:00:00',
    '2026-06-01T24:00:00',
    '2026-06-01T12:60:00',
    '1601-01-01T00:00:00',
    '2026-06-01',
    '2026-06-01T21:14:05Z',
    '2026-06-01T21:14:05.123',
    ' 2026-06-01T21:14:05',
    '12026-06-01T21:14:05',
    1_780_000_000_000,
    new Date(0),
    null,
  ])('%j is no time', (time) => {
    expect(taken(time)).toBeUndefined();
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %d is kept', (orientation) => {
  expect(of({ image: { Orientation: orientation } })).toEqual({ orientation });
});

test.each([0, 9, 1.5, -1, Number.NaN, '6', [6], null])('orientation %j is none', (value) => {
  expect(of({ image: { Orientation: value } })).toBeNull();
});

describe('a place', () => {
  const place = (tags: Record<string, unknown>) => of({ gps: { ...PARIS, ...tags } })?.gps;

  test('south, west and below the sea counts backwards', () => {
    const tags = { GPSLatitudeRef: 'S', GPSLongitudeRef: 'W', GPSAltitudeRef: 1 };
    expect(place(tags)).toStrictEqual({ latitude: -48.858222, longitude: -2.2945, altitude: -35.3 });
  });

  test('may be written in degrees or minutes alone', () => {
    const tags = { GPSLatitude: [48.858222, 0, 0], GPSLongitude: [2, 17.67, 0] };
    expect(place(tags)).toMatchObject({ latitude: 48.858222, longitude: 2.2945 });
  });

  test('may lie at the edges, and at the middle, which is not minus nothing', () => {
    const edge = { GPSLatitude: [90, 0, 0], GPSLongitude: [180, 0, 0], GPSLongitudeRef: 'W' };
    expect(place(edge)).toMatchObject({ latitude: 90, longitude: -180 });
    const middle = { GPSLatitude: [0, 0, 0], GPSLatitudeRef: 'S', GPSAltitude: 0, GPSAltitudeRef: 1 };
    expect(place(middle)).toStrictEqual({ latitude: 0, longitude: 2.2945, altitude: 0 });
  });

  test('above the sea is what has no reference', () => {
    expect(place({ GPSAltitudeRef: undefined })).toMatchObject({ altitude: 35.3 });
  });

  test.each([
    { GPSAltitude: Number.NaN },
    { GPSAltitude: 1e9 },
    { GPSAltitude: -5 },
    { GPSAltitude: '35' },
    { GPSAltitude: undefined },
    { GPSAltitudeRef: 7 },
    { GPSAltitudeRef: '0' },
  ])('has no altitude with %j', (tags) => {
    expect(place(tags)).toStrictEqual({ latitude: 48.858222, longitude: 2.2945 });
  });

  test.each([
    { GPSLatitude: undefined },
    { GPSLongitude: undefined },
    { GPSLatitudeRef: undefined },
    { GPSLongitudeRef: 'N' },
    { GPSLatitudeRef: ['N'] },
    { GPSLatitude: 48.8 },
    { GPSLatitude: '48,51,29' },
    { GPSLatitude: [48, 51] },
    { GPSLatitude: [48, 51, 29, 1] },
    { GPSLatitude: [91, 0, 0] },
    { GPSLatitude: [90, 0, 1] },
    { GPSLatitude: [-48, 51, 29] },
    { GPSLatitude: [48, 61, 0] },
    { GPSLatitude: [48, 51, Number.NaN] },
    { GPSLatitude: ['48', '51', '29'] },
    { GPSLongitude: [180, 1, 0] },
    { GPSLongitude: [Number.POSITIVE_INFINITY, 0, 0] },
  ])('is none with %j', (tags) => {
    expect(place(tags)).toBeUndefined();
  });
});

describe('whatever a file says', () => {
  const tags = [
    ...['Make', 'Model', 'LensModel', 'ExposureTime', 'FNumber', 'ISOSpeedRatings', 'FocalLength'],
    ...['DateTimeOriginal', 'OffsetTimeOriginal', 'Orientation', 'GPSLatitude', 'GPSLatitudeRef'],
    ...['GPSLongitude', 'GPSLongitudeRef', 'GPSAltitude', 'GPSAltitudeRef', '__proto__', 'toString'],
  ];
  const hostile = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('N', 'S', 'E', 'W', '"'.repeat(100), '\\'.repeat(100), '🦅'.repeat(50)),
    fc.array(fc.double({ min: 0, max: 90 }), { minLength: 3, maxLength: 3 }),
    fc.constantFrom('2026-06-01T21:14:05', '2026:06:01 21:14:05', '+02:00'),
  );
  const group = fc.dictionary(fc.constantFrom(...tags), hostile, { maxKeys: tags.length });
  const anyRaw = fc.record({ image: group, photo: group, gps: group });

  test('it can be read, and what is shown is small, plain data', () => {
    let shown = 0;
    fc.assert(
      fc.property(anyRaw, fc.boolean(), (said, keepGps) => {
        const exif = exifOf(said, { keepGps });
        const json = JSON.stringify(exif);
        expect(Buffer.byteLength(json)).toBeLessThan(1500);
        expect(JSON.parse(json)).toStrictEqual(exif);
        if (!keepGps) expect(exif?.gps).toBeUndefined();
        if (exif !== null) shown++;
      }),
      { numRuns: 5000, seed: 2 },
    );
    expect(shown).toBeGreaterThan(1000);
  });
});
