/**
 * What an EXIF block says, before anything is made of it: tags by the names and in the groups of the standard
 * (CIPA DC-008), values as plain data, rationals as numbers, times as `YYYY-MM-DDTHH:MM:SS` without a zone.
 */
export interface RawExif {
  readonly image: Readonly<Record<string, unknown>>;
  readonly photo: Readonly<Record<string, unknown>>;
  readonly gps: Readonly<Record<string, unknown>>;
}

/** What the camera wrote down, as callers see it. What is missing, or cannot be, is not there. */
export interface Exif {
  readonly camera_make?: string;
  readonly camera_model?: string;
  readonly lens?: string;
  /** Seconds, as photographers write them: `1/250`, `0.6`, `30`. */
  readonly exposure_time?: string;
  readonly f_number?: number;
  readonly iso?: number;
  readonly focal_length_mm?: number;
  /** As the camera's clock showed it, with the offset from UTC only where the camera wrote that down. */
  readonly taken_at?: string;
  /** How the original's pixels are to be turned, 1 to 8; renditions are upright. */
  readonly orientation?: number;
  readonly gps?: GpsPosition;
}

export interface GpsPosition {
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
  /** Metres above the sea. */
  readonly altitude?: number;
}

export interface ExifOptions {
  /** Whether to tell where the image was taken. */
  readonly keepGps: boolean;
}

/** What may be told of an image's EXIF; null where that is nothing. Files can say anything: all is checked. */
export function exifOf({ image, photo, gps }: RawExif, { keepGps }: ExifOptions): Exif | null {
  const exif: Exif = {
    ...some('camera_make', textOf(image['Make'])),
    ...some('camera_model', textOf(image['Model'])),
    ...some('lens', textOf(photo['LensModel'])),
    ...some('exposure_time', exposureOf(photo['ExposureTime'])),
    ...some('f_number', numberOf(photo['FNumber'], { least: 0.1, most: 1000, decimals: 2 })),
    ...some('iso', isoOf(photo)),
    ...some('focal_length_mm', numberOf(photo['FocalLength'], { least: 0.1, most: 100_000, decimals: 2 })),
    ...some('taken_at', instantOf(photo['DateTimeOriginal'], photo['OffsetTimeOriginal'])),
    ...some('orientation', wholeNumberOf(image['Orientation'], 8)),
    ...(keepGps ? some('gps', positionOf(gps)) : {}),
  };
  return Object.keys(exif).length === 0 ? null : exif;
}

/** A field, where it has a value. */
function some<Name extends keyof Exif>(name: Name, value: Exif[Name] | undefined): Pick<Exif, Name> | object {
  return value === undefined ? {} : { [name]: value };
}

/** More than the longest name of a lens. */
export const MAX_EXIF_TEXT = 100;

/** No name has control or format characters, which could make it read as something else. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return text === '' || text.length > MAX_EXIF_TEXT || UNPRINTABLE.test(text) ? undefined : text;
}

interface NumberRules {
  readonly least: number;
  readonly most: number;
  readonly decimals: number;
}

function numberOf(value: unknown, { least, most, decimals }: NumberRules): number | undefined {
  if (typeof value !== 'number' || !(value >= least && value <= most)) return undefined;
  // Never -0, which JSON cannot carry.
  return Number(value.toFixed(decimals)) + 0;
}

function wholeNumberOf(value: unknown, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most
    ? value
    : undefined;
}

const SHORTEST_EXPOSURE = 1e-6;
const LONGEST_EXPOSURE = 1e5;

/** By how much 1/n may miss the time: not every camera writes 1/60 with all its sixes. */
const FRACTION_TOLERANCE = 0.02;

function exposureOf(value: unknown): string | undefined {
  if (typeof value !== 'number' || !(value >= SHORTEST_EXPOSURE && value <= LONGEST_EXPOSURE))
    return undefined;
  const parts = Math.round(1 / value);
  if (parts >= 2 && Math.abs(1 / parts / value - 1) <= FRACTION_TOLERANCE) return `1/${parts}`;
  return value < 100 ? String(Number(value.toPrecision(3))) : value.toFixed();
}

/** The field of two bytes ends at 65,535, which says that the number stands in one of the others. */
const ISO_IS_ELSEWHERE = 65_535;
const MOST_ISO = 100_000_000;

function isoOf(photo: RawExif['photo']): number | undefined {
  const given = photo['ISOSpeedRatings'];
  const first: unknown = Array.isArray(given) ? given[0] : given;
  if (first !== undefined && first !== ISO_IS_ELSEWHERE) return wholeNumberOf(first, MOST_ISO);
  return (
    wholeNumberOf(photo['RecommendedExposureIndex'], MOST_ISO) ?? wholeNumberOf(photo['ISOSpeed'], MOST_ISO)
  );
}

const LOCAL_TIME = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d:\d\d)$/;
const OFFSET = /^(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** Photographs are older than EXIF, and scans of them may say so. */
const FIRST_YEAR = 1820;

function instantOf(time: unknown, offset: unknown): string | undefined {
  if (typeof time !== 'string') return undefined;
  const [, year, month, day, clock] = LOCAL_TIME.exec(time) ?? [];
  const local = `${year}-${month}-${day}T${clock}`;
  const parsed = new Date(`${local}Z`);
  // Of a day that there is not, such as 30 February, a Date makes another.
  if (Number.isNaN(parsed.getTime()) || !parsed.toISOString().startsWith(local)) return undefined;
  if (Number(year) < FIRST_YEAR) return undefined;
  return typeof offset === 'string' && OFFSET.test(offset) ? local + offset : local;
}

/** Degrees from the equator. */
const POLE = 90;

function positionOf(gps: RawExif['gps']): GpsPosition | undefined {
  const latitude = degreesOf(gps['GPSLatitude'], signOf(gps['GPSLatitudeRef'], 'N', 'S'), POLE);
  const longitude = degreesOf(gps['GPSLongitude'], signOf(gps['GPSLongitudeRef'], 'E', 'W'), 2 * POLE);
  if (latitude === undefined || longitude === undefined) return undefined;
  const altitude = altitudeOf(gps);
  return { latitude, longitude, ...(altitude !== undefined && { altitude }) };
}

function signOf(value: unknown, positive: unknown, negative: unknown): 1 | -1 | undefined {
  if (value === positive) return 1;
  return value === negative ? -1 : undefined;
}

/** Degrees, minutes and seconds, none of which must be whole. */
function degreesOf(value: unknown, sign: 1 | -1 | undefined, most: number): number | undefined {
  if (!Array.isArray(value) || value.length !== 3 || sign === undefined) return undefined;
  const [degrees, minutes, seconds] = value.map((part, place) =>
    numberOf(part, { least: 0, most: place === 0 ? most : 60, decimals: 9 }),
  );
  if (degrees === undefined || minutes === undefined || seconds === undefined) return undefined;
  // Six decimals are a tenth of a metre.
  return numberOf(sign * (degrees + minutes / 60 + seconds / 3600), { least: -most, most, decimals: 6 });
}

function altitudeOf(gps: RawExif['gps']): number | undefined {
  const sign = signOf(gps['GPSAltitudeRef'] ?? 0, 0, 1);
  const height = numberOf(gps['GPSAltitude'], { least: 0, most: 100_000, decimals: 1 });
  return sign === undefined || height === undefined ? undefined : sign * height + 0;
}
