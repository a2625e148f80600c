import { redactPhotoshop } from './photoshop-location.ts';
import { CannotFollow, Redaction } from './redaction.ts';
import { namesPlace, namesPosition } from './speaks-of-location.ts';
import { TiffBlock } from './tiff-directory.ts';

const [SOI, EOI, SOS, COM, TEM] = [0xd8, 0xd9, 0xda, 0xfe, 0x01];
const [APP0, APP1, APP2, APP12, APP13, APP14, APP15] = [0xe0, 0xe1, 0xe2, 0xec, 0xed, 0xee, 0xef];
const [RST0, RST7] = [0xd0, 0xd7];

const EXIF = ['Exif\0\0', 'Exif\0\xff'];
const EXIF_BYTES = 6;
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const MPF = 'MPF\0';

/** What application segments decoders need, or are known to hold no place. All others may, and go. */
const HARMLESS: readonly (readonly [marker: number, beginning: string])[] = [
  [APP0, 'JFIF\0'],
  [APP0, 'JFXX\0'],
  [APP2, 'ICC_PROFILE\0'],
  [APP2, MPF],
  [APP2, 'urn:iso:std:iso:ts:21496:-1\0'],
  [APP12, 'Ducky'],
  [APP14, 'Adobe'],
];

/** One picture of a file. */
export interface Picture {
  /** Just after it; the end of the file where it is cut off. */
  readonly end: number;
  /** Where the file says that others begin (CIPA DC-007, Multi-Picture Format). */
  readonly others: readonly number[];
}

/** What becomes of EXIF, as TIFF has it. */
export type RedactExif = (file: Redaction, start: number, end: number) => void;

/**
 * The picture that begins at `start`, up to its own end.
 * @throws CannotFollow
 */
export function redactPicture(file: Redaction, start: number, redactExif: RedactExif): Picture {
  if (!file.says(start, '\xff\xd8')) throw new CannotFollow('There is no JPEG here.');
  const others: number[] = [];
  let at = start + 2;
  let isInScan = false;
  let hasPixels = false;
  for (;;) {
    const found = nextMarker(file, at, isInScan);
    if (!found) {
      if (!hasPixels) throw new CannotFollow('The JPEG is cut off.');
      if (!isInScan) file.fill(at, file.length);
      return { end: file.length, others };
    }
    file.part();
    const { marker, after } = found;
    // Decoders skip what is between two segments.
    if (!isInScan) file.fill(at, found.at);
    at = after;
    if (marker === EOI) return { end: after, others };
    if (marker === SOI) throw new CannotFollow('The JPEG begins twice.');
    if (marker === TEM || (marker >= RST0 && marker <= RST7)) continue;
    const length = file.u16(after);
    const end = after + length;
    if (length < 2 || end > file.length) {
      if (!hasPixels) throw new CannotFollow('A segment of the JPEG is cut off.');
      file.fill(after, file.length);
      return { end: file.length, others };
    }
    const segment = { marker, start: after + 2, end };
    if (isExif(file, segment)) redactExif(file, segment.start + EXIF_BYTES, end);
    else redactSegment(file, segment, others);
    isInScan = marker === SOS;
    hasPixels ||= isInScan;
    at = end;
  }
}

interface FoundMarker {
  readonly at: number;
  readonly marker: number;
  readonly after: number;
}

/** The next marker; within a scan none of those that only part it. */
function nextMarker(file: Redaction, start: number, isInScan: boolean): FoundMarker | undefined {
  const { source } = file;
  for (let at = start; at < source.length; at++) {
    if (source[at] !== 0xff) continue;
    const first = at;
    while (source[at] === 0xff) at++;
    const marker = source[at];
    if (marker === undefined) return undefined;
    const isData = marker === 0 || (isInScan && marker >= RST0 && marker <= RST7);
    if (!isData) return { at: first, marker, after: at + 1 };
  }
  return undefined;
}

interface Segment {
  readonly marker: number;
  /** Of what it holds. */
  readonly start: number;
  readonly end: number;
}

const isExif = (file: Redaction, { marker, start, end }: Segment) =>
  marker === APP1 && EXIF.some((letters) => file.says(start, letters, end));

function redactSegment(file: Redaction, { marker, start, end }: Segment, others: number[]): void {
  if (marker === COM) {
    if (namesPosition(file.slice(start, end))) file.fill(start, end, 0x20);
    return;
  }
  if (marker < APP0 || marker > APP15) return;
  const begins = (letters: string) => file.says(start, letters, end);
  if (marker === APP1 && begins(XMP)) {
    if (namesPlace(file.slice(start, end))) file.fill(start, end);
    return;
  }
  if (marker === APP13) {
    redactPhotoshop(file, start, end);
    return;
  }
  if (!HARMLESS.some(([of, beginning]) => of === marker && begins(beginning))) {
    file.fill(start, end);
    return;
  }
  if (marker === APP2 && begins(MPF)) others.push(...picturesIn(file, start + MPF.length, end));
}

const MP_ENTRIES = 0xb002;
const MP_ENTRY_BYTES = 16;

/** Where the pictures of a Multi-Picture file begin; none where that cannot be read. */
function picturesIn(file: Redaction, start: number, end: number): number[] {
  try {
    const block = new TiffBlock(new Redaction(file.slice(start, end)));
    const entry = block.directory(block.first).entries.find(({ tag }) => tag === MP_ENTRIES);
    const { values } = entry ?? {};
    const places: number[] = [];
    for (let at = values?.start ?? 0; values && at + MP_ENTRY_BYTES <= values.end; at += MP_ENTRY_BYTES) {
      const place = block.u32(at + 8);
      if (place > 0) places.push(start + place);
    }
    return places;
  } catch (error) {
    if (error instanceof CannotFollow) return [];
    throw error;
  }
}
