/** An entry of a directory: its values in the block's byte order, or the directory that it points to. */
export interface MadeEntry {
  readonly tag: number;
  readonly type: number;
  readonly bytes: Buffer | readonly MadeEntry[];
}

export type ByteOrder = 'II' | 'MM';

const VALUE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };

const [SHORT, LONG, RATIONAL] = [3, 4, 5];

/** EXIF as TIFF has it, with a thumbnail in the second directory. */
export function madeExif(order: ByteOrder, first: readonly MadeEntry[], thumbnail?: Buffer): Buffer {
  const header = Buffer.concat([Buffer.from(order), numbers(order, SHORT, 42), numbers(order, LONG, 8)]);
  if (!thumbnail) return Buffer.concat([header, directory(order, first, 8, 0)]);
  const second = 8 + directory(order, first, 8, 0).length;
  const entriesAt = (at: number): MadeEntry[] => [
    { tag: 0x0103, type: SHORT, bytes: numbers(order, SHORT, 6) },
    { tag: 0x0201, type: LONG, bytes: numbers(order, LONG, at) },
    { tag: 0x0202, type: LONG, bytes: numbers(order, LONG, thumbnail.length) },
  ];
  const end = second + directory(order, entriesAt(0), second, 0).length;
  return Buffer.concat([
    header,
    directory(order, first, 8, second),
    directory(order, entriesAt(end), second, 0),
    thumbnail,
  ]);
}

/** Values in a byte order; of RATIONAL each as so many hundredths. */
export function numbers(order: ByteOrder, type: number, ...values: readonly number[]): Buffer {
  const size = VALUE_BYTES[type] ?? 1;
  const bytes = Buffer.alloc(size * values.length);
  const put = (at: number, value: number, length: number) =>
    order === 'II' ? bytes.writeUIntLE(value, at, length) : bytes.writeUIntBE(value, at, length);
  for (const [index, value] of values.entries()) {
    if (type === RATIONAL) {
      put(index * 8, value * 100, 4);
      put(index * 8 + 4, 100, 4);
    } else put(index * size, value, size);
  }
  return bytes;
}

export const ascii = (tag: number, text: string): MadeEntry => ({
  tag,
  type: 2,
  bytes: Buffer.from(`${text}\0`),
});

function directory(order: ByteOrder, entries: readonly MadeEntry[], at: number, next: number): Buffer {
  const rows: Buffer[] = [numbers(order, SHORT, entries.length)];
  const beyond: Buffer[] = [];
  let free = at + 2 + entries.length * 12 + 4;
  for (const { tag, type, bytes } of entries) {
    const isDirectory = !Buffer.isBuffer(bytes);
    const content = isDirectory ? directory(order, bytes, free, 0) : bytes;
    const count = isDirectory ? 1 : content.length / (VALUE_BYTES[type] ?? 1);
    const isInline = !isDirectory && content.length <= 4;
    const value = isInline
      ? Buffer.concat([content, Buffer.alloc(4 - content.length)])
      : numbers(order, LONG, free);
    rows.push(numbers(order, SHORT, tag, type), numbers(order, LONG, count), value);
    if (isInline) continue;
    const padded = content.length % 2 === 0 ? content : Buffer.concat([content, Buffer.alloc(1)]);
    beyond.push(padded);
    free += padded.length;
  }
  return Buffer.concat([...rows, numbers(order, LONG, next), ...beyond]);
}

/** 51.5 degrees north, 0.1 west. */
export function madeGps(order: ByteOrder): MadeEntry {
  const position: MadeEntry[] = [
    ascii(0x0001, 'N'),
    { tag: 0x0002, type: RATIONAL, bytes: numbers(order, RATIONAL, 51, 30, 7) },
    ascii(0x0003, 'W'),
    { tag: 0x0004, type: RATIONAL, bytes: numbers(order, RATIONAL, 0, 6, 3) },
  ];
  return { tag: 0x8825, type: LONG, bytes: position };
}

/** EXIF of a photograph: what a camera writes, and where it was. */
export function placedExif(order: ByteOrder, thumbnail?: Buffer): Buffer {
  const photo: MadeEntry[] = [
    ascii(0x9003, '2026:05:04 03:02:01'),
    { tag: 0x927c, type: 7, bytes: Buffer.from('MAKER 51.5N 0.1W and more') },
    ascii(0xa434, 'A lens'),
  ];
  const first: MadeEntry[] = [
    ascii(0x010f, 'Example'),
    { tag: 0x0112, type: SHORT, bytes: numbers(order, SHORT, 6) },
    ascii(0x8298, 'Carol, all rights reserved'),
    { tag: 0x8769, type: LONG, bytes: photo },
    madeGps(order),
  ];
  return madeExif(order, first, thumbnail);
}
