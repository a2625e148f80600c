import exifReader from 'exif-reader';
import type { RawExif } from '../../domain/exif.ts';
import { isModestExif } from './modest-exif.ts';
import { EXIF_BOUNDS } from './protocol.ts';

/** The tags that are passed on: what a photographer would want to see, and where it was. */
const KNOWN: Readonly<Record<keyof RawExif, readonly string[]>> = {
  image: ['Make', 'Model', 'Orientation', 'Software', 'DateTime', 'ImageDescription', 'Artist', 'Copyright'],
  photo: [
    ...['DateTimeOriginal', 'DateTimeDigitized', 'SubSecTimeOriginal'],
    ...['OffsetTime', 'OffsetTimeOriginal', 'OffsetTimeDigitized'],
    ...['ExposureTime', 'FNumber', 'ExposureProgram', 'ExposureBiasValue', 'ExposureMode'],
    ...['ISOSpeedRatings', 'RecommendedExposureIndex', 'ISOSpeed'],
    ...['ShutterSpeedValue', 'ApertureValue', 'MaxApertureValue', 'MeteringMode', 'Flash', 'WhiteBalance'],
    ...['FocalLength', 'FocalLengthIn35mmFilm', 'LensMake', 'LensModel', 'LensSpecification'],
    ...['PixelXDimension', 'PixelYDimension', 'SceneCaptureType'],
  ],
  gps: [
    ...['GPSLatitudeRef', 'GPSLatitude', 'GPSLongitudeRef', 'GPSLongitude'],
    ...['GPSAltitudeRef', 'GPSAltitude', 'GPSTimeStamp', 'GPSDateStamp'],
    ...['GPSImgDirectionRef', 'GPSImgDirection', 'GPSSpeedRef', 'GPSSpeed'],
  ],
};

/**
 * What an EXIF block says, as plain data. Times are ISO 8601 without a zone: as the camera's clock showed them
 * (the `OffsetTime` tags may say where). Null for a block that cannot be read.
 */
export function readExif(block: Buffer): RawExif | null {
  try {
    if (!isModestExif(block)) return null;
    const { Image, Photo, GPSInfo } = exifReader(block);
    return {
      image: known(KNOWN.image, Image),
      photo: known(KNOWN.photo, Photo),
      gps: known(KNOWN.gps, GPSInfo),
    };
  } catch {
    // Blocks are broken in many ways, and an image is none the worse for it.
    return null;
  }
}

function known(names: readonly string[], tags: Record<string, unknown> | null | undefined) {
  const found = names.map((name) => [name, plain(tags?.[name])] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== ''));
}

function plain(value: unknown): string | number | number[] | undefined {
  if (value instanceof Date) {
    // Two digits can still be no day or no hour.
    return Number.isNaN(value.getTime())
      ? undefined
      : value.toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  }
  if (Buffer.isBuffer(value)) return text(decoded(value));
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (!Array.isArray(value) || value.length > EXIF_BOUNDS.list) return undefined;
  return value.every((one) => Number.isFinite(one)) ? value : undefined;
}

/** The standard knows ASCII alone; what cameras and programs write beyond it is UTF-8 or Latin-1. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

function text(value: string): string {
  const [upToNul = ''] = value.split('\0', 1);
  return upToNul
    .replaceAll(/[\p{Cc}\p{Cs}]+/gu, ' ')
    .trim()
    .slice(0, EXIF_BOUNDS.text)
    .toWellFormed();
}
