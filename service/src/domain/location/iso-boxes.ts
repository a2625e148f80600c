import { CannotFollow, type Redaction } from './redaction.ts';

/** A box (ISO/IEC 14496-12, 4.2). */
export interface Box {
  readonly type: string;
  readonly at: number;
  /** Of what it holds. */
  readonly start: number;
  readonly end: number;
}

/** Boxes without which nothing of a file is known. */
const NEEDED = new Set(['meta', 'moov', 'mdat']);

/** All boxes of a file; what is none after the last, whatever somebody has appended, is blanked. */
export function boxesOf(file: Redaction): Box[] {
  return boxesIn(file, 0, file.length, ({ type }) => !NEEDED.has(type));
}

/**
 * The boxes from `start` to `end`; what is left after the last, without room for another, is blanked.
 * @throws CannotFollow for one that is longer than what it is in, unless it may be `passedOver`.
 */
export function boxesIn(
  file: Redaction,
  start: number,
  end: number,
  passedOver: (box: Pick<Box, 'type'>) => boolean = () => false,
): Box[] {
  const boxes: Box[] = [];
  let at = start;
  while (at + 8 <= end) {
    file.part();
    const box = boxAt(file, at, end, passedOver);
    if (!box) break;
    boxes.push(box);
    at = box.end;
  }
  file.fill(at, end);
  return boxes;
}

/** Undefined for what is none: padding, or what somebody has appended. */
function boxAt(
  file: Redaction,
  at: number,
  end: number,
  passedOver: (box: Pick<Box, 'type'>) => boolean,
): Box | undefined {
  const type = file.text(at + 4, at + 8);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return undefined;
  const size = file.u32(at);
  if (size === 0) return { type, at, start: at + 8, end };
  const isLong = size === 1;
  const start = at + (isLong ? 16 : 8);
  const boxEnd = at + (isLong ? u64(file, at + 8) : size);
  // Decoders show what has come of the pixels.
  const isCutOff = boxEnd > end && type === 'mdat' && end === file.length;
  if (boxEnd < start || (boxEnd > end && !isCutOff)) {
    if (passedOver({ type })) return undefined;
    throw new CannotFollow('A box has no possible length.');
  }
  return { type, at, start, end: Math.min(end, boxEnd) };
}

/** @throws CannotFollow for what is more than any file has. */
export function u64(file: Redaction, at: number): number {
  const value = file.u32(at) * 2 ** 32 + file.u32(at + 4);
  if (!Number.isSafeInteger(value)) throw new CannotFollow('A number is too large.');
  return value;
}

/** Makes a box one that nobody reads, of the same length. */
export function blankBox(file: Redaction, { at, start, end }: Box): void {
  file.writeText(at + 4, 'free');
  file.fill(start, end);
}
