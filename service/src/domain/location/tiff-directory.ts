import type { Range } from './ranges.ts';
import { CannotFollow, type Redaction } from './redaction.ts';

/** An entry of a directory (TIFF 6.0, section 2). */
export interface TiffEntry {
  readonly at: number;
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where its values are; undefined where that cannot be told, or is not within the block. */
  readonly values: Range | undefined;
  readonly isInline: boolean;
}

export interface TiffDirectory {
  readonly at: number;
  readonly end: number;
  readonly entries: readonly TiffEntry[];
  /** Where the next one is; 0: there is none. */
  readonly next: number;
}

export const ENTRY_BYTES = 12;

/** Cameras write less than a hundred. */
const MOST_ENTRIES = 2000;

/** Bytes of a value, by its type: BYTE, ASCII, SHORT, LONG, RATIONAL, their signed kin, and IFD. */
const VALUE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

/** A block of EXIF (CIPA DC-008, 4.5) as TIFF has it. */
export class TiffBlock {
  readonly bytes: Redaction;
  readonly littleEndian: boolean;

  /** @throws CannotFollow for what does not begin as TIFF does. */
  constructor(bytes: Redaction) {
    this.bytes = bytes;
    this.littleEndian = bytes.says(0, 'II*\0');
    if (!this.littleEndian && !bytes.says(0, 'MM\0*')) throw new CannotFollow('It does not begin as TIFF.');
  }

  get first(): number {
    return this.u32(4);
  }

  u16(at: number): number {
    return this.bytes.u16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.bytes.u32(at, this.littleEndian);
  }

  /** @throws CannotFollow for one that is not wholly within the block. */
  directory(at: number): TiffDirectory {
    if (at < 8) throw new CannotFollow('A directory lies in the header.');
    const count = this.u16(at);
    if (count > MOST_ENTRIES) throw new CannotFollow('A directory has too many entries.');
    const end = at + 2 + count * ENTRY_BYTES + 4;
    if (end > this.bytes.length) throw new CannotFollow('A directory is cut off.');
    const entries = Array.from({ length: count }, (_, index) => this.#entry(at + 2 + index * ENTRY_BYTES));
    return { at, end, entries, next: this.u32(end - 4) };
  }

  /** The numbers of an entry of SHORT, LONG or IFD, so many at most. */
  numbers({ type, count, values }: TiffEntry, most = Number.POSITIVE_INFINITY): number[] {
    const bytes = VALUE_BYTES[type];
    if (!values || ![3, 4, 13].includes(type)) return [];
    return Array.from({ length: Math.min(count, most) }, (_, index) =>
      bytes === 2 ? this.u16(values.start + 2 * index) : this.u32(values.start + 4 * index),
    );
  }

  #entry(at: number): TiffEntry {
    const [tag, type, count] = [this.u16(at), this.u16(at + 2), this.u32(at + 4)];
    const size = (VALUE_BYTES[type] ?? 0) * count;
    const isInline = size <= 4;
    const start = isInline ? at + 8 : this.u32(at + 8);
    const isThere = size > 0 && start + size <= this.bytes.length;
    return { at, tag, type, count, isInline, values: isThere ? { start, end: start + size } : undefined };
  }
}
