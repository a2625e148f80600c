import exifReader from 'exif-reader';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { MediaType } from '../../src/domain/media-type.ts';
import { quarters } from './made-images.ts';

const EXIF = {
  IFD0: { Make: 'Example', Copyright: 'Carol', Orientation: '1' },
  IFD2: { ExposureTime: '1/250', DateTimeOriginal: '2026:05:04 03:02:01' },
  IFD3: {
    ...{ GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
    ...{ GPSLongitudeRef: 'W', GPSLongitude: '0/1 6/1 0/1' },
  },
};

export const PLACED_XMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="51,30.0N" exif:GPSLongitude="0,6.0W"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

/** A picture of each type that says in EXIF and in XMP where it was taken, written by sharp; GIF in XMP alone. */
export async function placedImage(type: MediaType): Promise<Buffer> {
  const picture = quarters(64, 48);
  if (type === 'image/gif') return withGifXmp(await picture.gif().toBuffer());
  const told = picture.withExif(EXIF).withXmp(PLACED_XMP).withIccProfile('p3');
  switch (type) {
    case 'image/jpeg':
      return told.jpeg().toBuffer();
    case 'image/png':
      return told.png().toBuffer();
    case 'image/webp':
      return told.webp().toBuffer();
    case 'image/avif':
      return told.avif().toBuffer();
  }
}

/** XMP as Adobe puts it into GIF: not in sub-blocks, and with a trailer that leads whoever takes it for some out. */
export function withGifXmp(gif: Buffer, packet = PLACED_XMP): Buffer {
  const trailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, index) => 255 - index), 0]);
  const head = Buffer.concat([Buffer.from([0x21, 0xff, 11]), Buffer.from('XMP DataXMP')]);
  return Buffer.concat([gif.subarray(0, -1), head, Buffer.from(packet), trailer, gif.subarray(-1)]);
}

/** All pixels of all frames, as far as they have come. */
export const rawPixels = (bytes: Uint8Array) =>
  sharp(bytes, { animated: true, failOn: 'none' }).raw().toBuffer();

/** Where an image was taken, as other programs read it: sharp finds the blocks, exif-reader reads them. */
export async function placeIn(bytes: Uint8Array) {
  const { exif, xmp } = await sharp(bytes).metadata();
  const gps = exif && exifReader(exif).GPSInfo;
  const inXmp = /gps/i.test(xmp?.toString('latin1').replaceAll('\0', '') ?? '');
  return { gps: gps ?? null, inXmp };
}

export const NO_PLACE = { gps: null, inXmp: false };

/** The same picture, as long and no shorter, without a place. */
export async function expectSameWithoutPlace(before: Uint8Array, after: Uint8Array): Promise<void> {
  expect(after.length).toBe(before.length);
  expect(await placeIn(after)).toEqual(NO_PLACE);
  const [one, other] = [await sharp(before).metadata(), await sharp(after).metadata()];
  expect([other.format, other.width, other.height]).toEqual([one.format, one.width, one.height]);
  expect([other.orientation, other.pages, other.icc]).toEqual([one.orientation, one.pages, one.icc]);
  expect((await rawPixels(after)).equals(await rawPixels(before))).toBe(true);
}
