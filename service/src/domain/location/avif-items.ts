import { type Box, boxesIn, u64 } from './iso-boxes.ts';
import type { Range } from './ranges.ts';
import { CannotFollow, type Redaction } from './redaction.ts';

/** An item of an image file (ISO/IEC 14496-12, 8.11). */
export interface Item {
  readonly id: number;
  readonly type: string;
  /** Whether its bytes are as they are called, neither compressed nor encrypted. */
  readonly isPlain: boolean;
}

/** The items that `iinf` lists. @throws CannotFollow */
export function itemsOf(file: Redaction, { start, end }: Box): Item[] {
  const entries = start + (file.u8(start) === 0 ? 6 : 8);
  return boxesIn(file, Math.min(entries, end), end)
    .filter(({ type }) => type === 'infe')
    .map((box) => itemOf(file, box));
}

function itemOf(file: Redaction, { start, end }: Box): Item {
  const version = file.u8(start);
  if (version !== 2 && version !== 3) throw new CannotFollow('An item is described in an old way.');
  const id = version === 2 ? file.u16(start + 4) : file.u32(start + 4);
  const rest = start + (version === 2 ? 6 : 8);
  const isProtected = file.u16(rest) !== 0;
  const type = file.text(rest + 2, rest + 6);
  // Its name, and of `mime` its type and how it is encoded, each ended by a zero.
  const [, , encoding = ''] = file.text(rest + 6, Math.max(rest + 6, end)).split('\0');
  return { id, type, isPlain: !isProtected && (type !== 'mime' || encoding === '') };
}

/** Where the bytes of the items are, by their ids. @throws CannotFollow */
export function placesOf(file: Redaction, iloc: Box, idat: Box | undefined): Map<number, Range[]> {
  const reader = new Locations(file, iloc);
  const places = new Map<number, Range[]>();
  for (const { id, construction, isHere, ranges } of reader.items()) {
    if (!isHere || construction > 1) throw new CannotFollow('An item is not within the file itself.');
    if (places.has(id)) throw new CannotFollow('An item is at two places.');
    const base = construction === 1 ? idat?.start : 0;
    const limit = construction === 1 ? idat?.end : file.length;
    if (base === undefined || limit === undefined)
      throw new CannotFollow('An item is in a box that is not there.');
    const own = ranges.map(({ start, end }) => ({ start: base + start, end: base + end }));
    places.set(
      id,
      // What has not come is no item's.
      own.map(({ start, end }) => ({ start: Math.min(start, limit), end: Math.min(end, limit) })),
    );
  }
  return places;
}

interface Location {
  readonly id: number;
  /** 0: offsets in the file; 1: in the box `idat`; 2: in another item. */
  readonly construction: number;
  readonly isHere: boolean;
  readonly ranges: readonly Range[];
}

/** The box `iloc` (8.11.3). */
class Locations {
  readonly #file: Redaction;
  readonly #end: number;
  #at: number;

  constructor(file: Redaction, { start, end }: Box) {
    this.#file = file;
    this.#at = start;
    this.#end = end;
  }

  *items(): Generator<Location> {
    const version = this.#number(1);
    if (version > 2) throw new CannotFollow('Items are placed in a way that is not known.');
    this.#number(3);
    const sizes = this.#number(2);
    const [offset, length, base, index] = [12, 8, 4, 0].map((shift) => (sizes >> shift) & 15) as [
      number,
      number,
      number,
      number,
    ];
    const count = this.#number(version === 2 ? 4 : 2);
    for (let nth = 0; nth < count; nth++) {
      this.#file.part();
      const id = this.#number(version === 2 ? 4 : 2);
      const construction = version === 0 ? 0 : this.#number(2) & 15;
      const isHere = this.#number(2) === 0;
      const from = this.#number(base);
      const ranges: Range[] = [];
      const extents = this.#number(2);
      for (let extent = 0; extent < extents; extent++) {
        this.#file.part();
        if (version > 0) this.#number(index);
        const start = from + this.#number(offset);
        const size = this.#number(length);
        if (size === 0) throw new CannotFollow('An item is as long as the file.');
        ranges.push({ start, end: start + size });
      }
      yield { id, construction, isHere, ranges };
    }
  }

  #number(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#end) throw new CannotFollow('The places of items are cut off.');
    switch (bytes) {
      case 0:
        return 0;
      case 1:
        return this.#file.u8(at);
      case 2:
        return this.#file.u16(at);
      case 3:
        return this.#file.u8(at) * 65_536 + this.#file.u16(at + 1);
      case 4:
        return this.#file.u32(at);
      case 8:
        return u64(this.#file, at);
      default:
        throw new CannotFollow('A number has no possible length.');
    }
  }
}
