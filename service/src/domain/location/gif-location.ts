import { CannotFollow, type Redaction } from './redaction.ts';
import { namesPosition } from './speaks-of-location.ts';

const [EXTENSION, IMAGE, TRAILER] = [0x21, 0x2c, 0x3b];
const [GRAPHIC_CONTROL, COMMENT, PLAIN_TEXT, APPLICATION] = [0xf9, 0xfe, 0x01, 0xff];

/** Applications whose extensions hold no place: how often an animation repeats, and its colours. */
const HARMLESS = new Set(['NETSCAPE2.0', 'ANIMEXTS1.0', 'ICCRGBG1012']);

const APPLICATION_BYTES = 11;

/** A GIF file (GIF89a), and what comes after its end. @throws CannotFollow */
export function redactGif(file: Redaction): void {
  if (!file.says(0, 'GIF8')) throw new CannotFollow('There is no GIF here.');
  let at = 13 + tableBytes(file.u8(10));
  while (at < file.length) {
    file.part();
    const introducer = file.u8(at);
    if (introducer === TRAILER) {
      file.fill(at + 1, file.length);
      return;
    }
    if (introducer === IMAGE) at = afterImage(file, at);
    else if (introducer === EXTENSION) at = redactExtension(file, at);
    else throw new CannotFollow('There is no block where the GIF should have one.');
  }
}

/** Of a colour table, by the flags before it. */
const tableBytes = (flags: number) => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

/** The end of the file where the image is cut off. */
function afterImage(file: Redaction, at: number): number {
  if (at + 10 > file.length) return file.length;
  const data = at + 10 + tableBytes(file.u8(at + 9)) + 1;
  return (data < file.length ? endOfBlocks(file, data) : undefined) ?? file.length;
}

/** Just after sub-blocks and the one of no length that ends them; undefined where they are cut off. */
function endOfBlocks(file: Redaction, start: number): number | undefined {
  let at = start;
  while (at < file.length) {
    const size = file.u8(at);
    at += 1 + size;
    if (size === 0) return at;
  }
  return undefined;
}

function redactExtension(file: Redaction, at: number): number {
  const start = at + 2;
  const end = start < file.length ? endOfBlocks(file, start) : undefined;
  // Nothing is shown that comes after.
  if (end === undefined) {
    file.fill(Math.min(start, file.length), file.length);
    return file.length;
  }
  const label = file.u8(at + 1);
  if (label === GRAPHIC_CONTROL) return end;
  if (label === COMMENT || label === PLAIN_TEXT) {
    const from = label === PLAIN_TEXT ? start + 1 + file.u8(start) : start;
    if (namesPosition(contentOf(file, start, end))) blank(file, from, end);
    return end;
  }
  if (label !== APPLICATION || file.u8(start) !== APPLICATION_BYTES) blank(file, start, end);
  else redactApplication(file, start + 1, end);
  return end;
}

function redactApplication(file: Redaction, start: number, end: number): void {
  const content = start + APPLICATION_BYTES;
  if (HARMLESS.has(file.text(start, content))) return;
  file.writeText(start, 'BLANK   1.0');
  blank(file, content, end);
}

/** The bytes of sub-blocks, without their lengths. */
function contentOf(file: Redaction, start: number, end: number): Uint8Array {
  const content = Buffer.alloc(end - start);
  let length = 0;
  for (let at = start; at < end; at += 1 + file.u8(at)) {
    file.part();
    content.set(file.slice(at + 1, at + 1 + file.u8(at)), length);
    length += file.u8(at);
  }
  return content.subarray(0, length);
}

/**
 * Zeros in sub-blocks of our own: the lengths of those that were there may be letters of XMP, which is not parted
 * into sub-blocks at all.
 */
function blank(file: Redaction, start: number, end: number): void {
  let at = start;
  for (let left = end - 1 - start; left > 0; left = end - 1 - at) {
    const longest = Math.min(255, left - 1);
    // No block has less than its length and a byte.
    const size = left - 1 - longest === 1 ? longest - 1 : longest;
    file.write(at, Uint8Array.of(size));
    file.fill(at + 1, at + 1 + size);
    at += 1 + size;
  }
}
