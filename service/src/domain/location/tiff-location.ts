import { redactPicture } from './jpeg-picture.ts';
import { merged, overlap, type Range } from './ranges.ts';
import { CannotFollow, Redaction } from './redaction.ts';
import { namesPosition } from './speaks-of-location.ts';
import { ENTRY_BYTES, TiffBlock, type TiffDirectory, type TiffEntry } from './tiff-directory.ts';

const EXIF_IFD = 0x8769;
const GPS_IFD = 0x8825;
const INTEROPERABILITY_IFD = 0xa005;
const SUB_IFDS = 0x014a;
const POINTERS = new Set([EXIF_IFD, INTEROPERABILITY_IFD, SUB_IFDS]);

const USER_COMMENT = 0x9286;

/**
 * What goes with all that it points to: the GPS directory; what is opaque, since makers put positions there
 * (MakerNote, DNGPrivateData); other metadata within (XMP, IPTC, Photoshop); and GeoTIFF's.
 */
const REMOVED = new Set([
  ...[GPS_IFD, 0x927c, 0xc634, 0x02bc, 0x83bb, 0x8649],
  ...[0x830e, 0x8482, 0x85d8, 0x87af, 0x87b0, 0x87b1],
]);

/** Where pictures within are, and how long: strips, tiles. */
const PICTURES = [
  [0x0111, 0x0117],
  [0x0144, 0x0145],
] as const;

/** A thumbnail that is a JPEG file. */
const [THUMBNAIL, THUMBNAIL_BYTES] = [0x0201, 0x0202];

const MOST_STRIPS = 10_000;

const ORIENTATION = 0x0112;

/** Files have four or five. */
const MOST_DIRECTORIES = 16;

const MOST_READS = 64;

/**
 * An EXIF block without where the image was taken, of the same length; undefined where there is nothing to
 * remove. Whatever no entry that stays refers to is zero then. Of one that cannot be followed the orientation
 * alone is left.
 */
export function withoutPositionInTiff(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  let block: TiffBlock | undefined;
  try {
    block = new TiffBlock(new Redaction(bytes));
    return new TiffRewriting(block).result();
  } catch (error) {
    if (!(error instanceof CannotFollow)) throw error;
    return least(bytes.length, block);
  }
}

interface KeptDirectory extends TiffDirectory {
  readonly kept: TiffEntry[];
  keptNext: number;
}

class TiffRewriting {
  readonly #block: TiffBlock;
  readonly #directories: KeptDirectory[] = [];
  readonly #kept: Range[] = [{ start: 0, end: 8 }];
  readonly #thumbnails: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #removed: Range[] = [];
  #reads = 0;
  #commentBytes = 0;
  #isChanged = false;

  constructor(block: TiffBlock) {
    this.#block = block;
  }

  /** @throws CannotFollow */
  result(): Uint8Array | undefined {
    const first = this.#visit(this.#block.first);
    if (!first) throw new CannotFollow('There is no first directory.');
    // The thumbnail's.
    for (let at = first; at.next !== 0; ) {
      const next = this.#visit(at.next);
      if (!next) {
        at.keptNext = 0;
        this.#isChanged = true;
        break;
      }
      at.keptNext = at.next;
      at = next;
    }
    return this.#isChanged ? this.#written() : undefined;
  }

  /** Undefined for one that cannot be read, or has been before: what points to it goes. */
  #visit(at: number): KeptDirectory | undefined {
    if (this.#directories.length === MOST_DIRECTORIES) return undefined;
    const directory = this.#read(at);
    if (!directory) return undefined;
    if (overlap([{ start: at, end: directory.end }], this.#places())) return undefined;
    const kept: KeptDirectory = { ...directory, kept: [], keptNext: 0 };
    this.#directories.push(kept);
    for (const entry of directory.entries) {
      if (this.#stays(entry)) kept.kept.push(entry);
      else this.#remove(entry);
    }
    this.#keepValues(kept);
    return kept;
  }

  #read(at: number): TiffDirectory | undefined {
    // Many, one over the other: hostile.
    if (++this.#reads > MOST_READS) return undefined;
    try {
      return this.#block.directory(at);
    } catch (error) {
      if (error instanceof CannotFollow) return undefined;
      throw error;
    }
  }

  #places(): Range[] {
    return this.#directories.map(({ at, end }) => ({ start: at, end }));
  }

  #stays(entry: TiffEntry): boolean {
    const { tag, values } = entry;
    if (REMOVED.has(tag)) return false;
    if (POINTERS.has(tag)) {
      const numbers = this.#block.numbers(entry, MOST_DIRECTORIES + 1);
      return numbers.length > 0 && numbers.every((at) => this.#visit(at) !== undefined);
    }
    if (tag !== USER_COMMENT || !values) return true;
    this.#commentBytes += values.end - values.start;
    // Hostile: the same text over and over.
    if (this.#commentBytes > 2 * this.#block.bytes.length) return false;
    return !namesPosition(this.#block.bytes.slice(values.start, values.end));
  }

  #remove(entry: TiffEntry): void {
    this.#isChanged = true;
    const { tag, values, isInline } = entry;
    if (tag !== GPS_IFD) {
      if (values && !isInline) this.#removed.push(values);
      return;
    }
    const [at = 0] = this.#block.numbers(entry, 1);
    const directory = this.#read(at);
    if (!directory) return;
    this.#removed.push({ start: at, end: directory.end });
    for (const gps of directory.entries) if (gps.values && !gps.isInline) this.#removed.push(gps.values);
  }

  #keepValues({ kept }: KeptDirectory): void {
    for (const { values, isInline } of kept) if (values && !isInline) this.#kept.push(values);
    const numbersOf = (wanted: number) => {
      const entry = kept.find(({ tag }) => tag === wanted);
      return entry ? this.#block.numbers(entry, MOST_STRIPS) : [];
    };
    for (const [places, sizes] of PICTURES) {
      const bytes = numbersOf(sizes);
      for (const [index, start] of numbersOf(places).entries()) {
        const end = start + (bytes[index] ?? 0);
        if (end <= this.#block.bytes.length) this.#kept.push({ start, end });
      }
    }
    const [at] = numbersOf(THUMBNAIL);
    const [size] = numbersOf(THUMBNAIL_BYTES);
    if (at !== undefined && size !== undefined) this.#keepThumbnail(at, size);
  }

  /** One that cannot be followed goes. */
  #keepThumbnail(at: number, size: number): void {
    const { bytes } = this.#block;
    if (size === 0 || at + size > bytes.length) return;
    const picture = bytes.slice(at, at + size);
    // It lies where directories are: hostile.
    const isApart = !overlap([{ start: at, end: at + size }], this.#places());
    const rewritten = isApart ? withoutPositionInThumbnail(picture) : 'impossible';
    if (rewritten === 'impossible') {
      this.#isChanged = true;
      return;
    }
    if (rewritten) this.#isChanged = true;
    this.#thumbnails.push({ at, bytes: rewritten ?? picture });
  }

  #written(): Uint8Array {
    const { bytes, littleEndian } = this.#block;
    const written = new Uint8Array(bytes.length);
    for (const { start, end } of merged(this.#kept)) written.set(bytes.slice(start, end), start);
    for (const { start, end } of merged(this.#removed)) written.fill(0, start, end);
    for (const thumbnail of this.#thumbnails) written.set(thumbnail.bytes, thumbnail.at);
    const view = new DataView(written.buffer);
    for (const { at, end, kept, keptNext } of this.#directories) {
      written.fill(0, at, end);
      view.setUint16(at, kept.length, littleEndian);
      let to = at + 2;
      for (const entry of kept) {
        written.set(bytes.slice(entry.at, entry.at + ENTRY_BYTES), to);
        to += ENTRY_BYTES;
      }
      view.setUint32(to, keptNext, littleEndian);
    }
    return written;
  }
}

/** A thumbnail: nothing after its end, and no EXIF of its own. */
function withoutPositionInThumbnail(bytes: Uint8Array): Uint8Array | 'impossible' | undefined {
  const file = new Redaction(bytes);
  try {
    const { end } = redactPicture(file, 0, (_file, start, last) => file.fill(start, last));
    file.fill(end, file.length);
    return file.changed;
  } catch (error) {
    if (error instanceof CannotFollow) return 'impossible';
    throw error;
  }
}

const HEADER_BYTES = 8;

/** A block of zeros but for a header, and a directory with the orientation if it can be found. */
function least(length: number, block: TiffBlock | undefined): Uint8Array {
  const written = new Uint8Array(length);
  const littleEndian = block?.littleEndian ?? true;
  const orientation = block && orientationIn(block);
  if (length < HEADER_BYTES + 2 + 4) return written;
  written.set(Buffer.from(littleEndian ? 'II*\0' : 'MM\0*', 'latin1'));
  const view = new DataView(written.buffer);
  view.setUint32(4, HEADER_BYTES, littleEndian);
  if (orientation === undefined || length < HEADER_BYTES + 2 + ENTRY_BYTES + 4) return written;
  view.setUint16(8, 1, littleEndian);
  view.setUint16(10, ORIENTATION, littleEndian);
  view.setUint16(12, 3, littleEndian);
  view.setUint32(14, 1, littleEndian);
  view.setUint16(18, orientation, littleEndian);
  return written;
}

/** Of a first directory that may be cut off. */
function orientationIn(block: TiffBlock): number | undefined {
  try {
    const first = block.first;
    const count = block.u16(first);
    for (let index = 0; index < count; index++) {
      const at = first + 2 + index * ENTRY_BYTES;
      if (block.u16(at) === ORIENTATION) return block.u16(at + 8);
    }
  } catch (error) {
    if (!(error instanceof CannotFollow)) throw error;
  }
  return undefined;
}
