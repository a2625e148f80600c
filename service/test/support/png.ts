import { crc32, deflateSync } from 'node:zlib';

export interface PngOptions {
  readonly width?: number;
  readonly height?: number;
  /** The whole file's length; a chunk that decoders pass over fills it up. */
  readonly size?: number;
  /** Makes the bytes differ from those of another seed. */
  readonly seed?: number;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** A complete grey PNG of exactly the size that a test needs. */
export function png({ width = 4, height = 3, size, seed = 0 }: PngOptions = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  // A file for its header alone need not have all the rows that it promises.
  const rows = Buffer.alloc(Math.min(height * (width + 1), 4096));
  const start = [SIGNATURE, chunk('IHDR', header)];
  const end = [chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  const bare = Buffer.concat([...start, ...end]).length;
  return Buffer.concat([
    ...start,
    chunk('seEd', filling(Math.max(4, (size ?? 0) - bare - 12), seed)),
    ...end,
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Longer than what anybody reads or sends at a time, and of no round length: bytes of another place are others. */
const REPEATED_AFTER = 65_537;

/** Bytes of every value, among them those of base64's `/` and `+` and of line ends. */
function filling(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  const made = Math.min(length, REPEATED_AFTER);
  bytes.writeUInt32BE(seed, 0);
  for (let at = 4, state = seed + 1; at < made; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  if (made < length) bytes.fill(bytes.subarray(0, made), made);
  return bytes;
}
