/** More than any camera writes, and little enough to read at once. */
const MOST_ENTRIES = 2_000;
const MOST_VALUES = 200_000;

const EXIF_IFD = 0x8769;
const GPS_IFD = 0x8825;
const INTEROP_IFD = 0xa005;
const LONG = 4;
const UNDEFINED = 7;
const ENTRY_BYTES = 12;

/** What is left of the work that reading a block may take. */
interface Budget {
  entries: number;
  values: number;
}

interface TiffBlock {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Where the TIFF header lies; all offsets count from there. */
  readonly start: number;
}

/**
 * Whether an EXIF block can be read without much ado. An entry takes 12 bytes and may point to any of the
 * others: in a block of 64 KB five thousand entries can each claim all of it as their values, gigabytes in
 * all. So the directories that a reader will visit are walked first, and what they claim is added up.
 *
 * The tables are TIFF 6.0 section 2 and EXIF 2.32 (CIPA DC-008) section 4.6.
 */
export function isModestExif(block: Uint8Array): boolean {
  const tiff = openTiff(block);
  if (tiff === undefined) return false;
  const budget: Budget = { entries: MOST_ENTRIES, values: MOST_VALUES };
  const first = tiff.start + readUint32(tiff, tiff.start + 4);
  const pointers = walk(tiff, first, budget, [EXIF_IFD, GPS_IFD]);
  const count = readUint16(tiff, first);
  const next = readUint32(tiff, first + 2 + count * ENTRY_BYTES);
  if (pointers === undefined) return false;
  if (next !== 0 && walk(tiff, tiff.start + next, budget, []) === undefined) return false;
  return pointers.every((at) => {
    const inner = walk(tiff, at, budget, [INTEROP_IFD]);
    return inner?.every((innermost) => walk(tiff, innermost, budget, []) !== undefined) ?? false;
  });
}

function openTiff(block: Uint8Array): TiffBlock | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const start = String.fromCharCode(...block.subarray(0, 4)) === 'Exif' ? 6 : 0;
  const order = String.fromCharCode(...block.subarray(start, start + 2));
  return order === 'II' || order === 'MM' ? { view, littleEndian: order === 'II', start } : undefined;
}

/** Where the directories lie that this one points to; undefined when it asks for too much. */
function walk(
  tiff: TiffBlock,
  at: number,
  budget: Budget,
  pointerTags: readonly number[],
): number[] | undefined {
  const pointers: number[] = [];
  const count = readUint16(tiff, at);
  budget.entries -= count;
  if (budget.entries < 0) return undefined;
  for (let entry = at + 2; entry < at + 2 + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
    const [tag, type, values] = [
      readUint16(tiff, entry),
      readUint16(tiff, entry + 2),
      readUint32(tiff, entry + 4),
    ];
    // Bytes without a meaning are only pointed to, whatever their number.
    if (type !== UNDEFINED) budget.values -= Math.min(values, tiff.view.byteLength);
    if (budget.values < 0) return undefined;
    if (!pointerTags.includes(tag)) continue;
    if (type !== LONG || values !== 1) return undefined;
    pointers.push(tiff.start + readUint32(tiff, entry + 8));
  }
  return pointers;
}

/** Beyond the block there is nothing, which claims nothing. */
function readUint16({ view, littleEndian }: TiffBlock, at: number): number {
  return at + 2 <= view.byteLength ? view.getUint16(at, littleEndian) : 0;
}

function readUint32({ view, littleEndian }: TiffBlock, at: number): number {
  return at + 4 <= view.byteLength ? view.getUint32(at, littleEndian) : 0;
}
