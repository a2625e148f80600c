import type { Redaction } from './redaction.ts';
import { namesPlace } from './speaks-of-location.ts';

const HEADER = 'Photoshop 3.0\0';

/** Kinds of resources: https://www.adobe.com/devnet-apps/photoshop/fileformatashtml/ */
const [IPTC, EXIF, MORE_EXIF, XMP] = [0x0404, 0x0422, 0x0423, 0x0424];

/**
 * Photoshop's segment of a JPEG: resources, of which those go that hold EXIF or XMP with a place, and of IPTC's
 * what names one. From where they cannot be followed on all of it goes.
 */
export function redactPhotoshop(file: Redaction, start: number, end: number): void {
  if (!file.says(start, HEADER, end)) {
    file.fill(start, end);
    return;
  }
  let at = start + HEADER.length;
  while (at < end) {
    file.part();
    const data = dataOfResource(file, at, end);
    if (!data) {
      file.fill(at, end);
      return;
    }
    redactResource(file, data);
    at = Math.min(end, data.end + ((data.end - data.start) % 2));
  }
}

interface Resource {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

function dataOfResource(file: Redaction, at: number, end: number): Resource | undefined {
  if (!file.says(at, '8BIM', end) || at + 7 > end) return undefined;
  const nameBytes = 1 + file.u8(at + 6);
  const size = at + 6 + nameBytes + (nameBytes % 2);
  if (size + 4 > end) return undefined;
  const start = size + 4;
  const dataEnd = start + file.u32(size);
  return dataEnd <= end ? { id: file.u16(at + 4), start, end: dataEnd } : undefined;
}

function redactResource(file: Redaction, { id, start, end }: Resource): void {
  if (id === IPTC) redactIptc(file, start, end);
  else if (id === EXIF || id === MORE_EXIF) file.fill(start, end);
  else if (id === XMP && namesPlace(file.slice(start, end))) file.fill(start, end, 0x20);
}

/** IPTC-IIM 4.2, record 2: content location code and name, city, sublocation, state, country code and name. */
const PLACES = new Set([26, 27, 90, 92, 95, 100, 101]);

function redactIptc(file: Redaction, start: number, end: number): void {
  let at = start;
  while (at < end) {
    file.part();
    // The data is padded with a zero.
    if (at + 1 === end && file.u8(at) === 0) return;
    if (at + 5 > end || file.u8(at) !== 0x1c) {
      file.fill(at, end);
      return;
    }
    const size = file.u16(at + 3);
    const next = at + 5 + size;
    // Longer lengths have a form of their own, which nobody writes.
    if (size >= 0x8000 || next > end) {
      file.fill(at, end);
      return;
    }
    if (file.u8(at + 1) === 2 && PLACES.has(file.u8(at + 2))) file.fill(at + 5, next, 0x20);
    at = next;
  }
}
