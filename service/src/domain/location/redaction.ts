/** The structure of a file cannot be followed, so that nothing can be promised of what is in it. */
export class CannotFollow extends Error {}

const MOST_PARTS = 200_000;

/**
 * A file and the copy of it in which something is blanked: of the same length, and made only once something
 * differs. What is read is the file as it came, whatever has been written; nothing is read or written beyond
 * its end: that is CannotFollow.
 */
export class Redaction {
  #parts = 0;
  readonly source: Uint8Array;
  #copy: Uint8Array | undefined;

  constructor(source: Uint8Array) {
    this.source = source;
  }

  get length(): number {
    return this.source.length;
  }

  /** The file with what has been written; undefined where that differs in nothing. */
  get changed(): Uint8Array | undefined {
    return this.#copy;
  }

  /**
   * Counts a part of the file: a segment, a chunk, a box. So many that following them would take seconds are in
   * no picture.
   */
  part(): void {
    if (++this.#parts > MOST_PARTS) throw new CannotFollow('The file has too many parts.');
  }

  u8(at: number): number {
    this.#mustHold(at, at + 1);
    return this.source[at] ?? 0;
  }

  u16(at: number, littleEndian = false): number {
    const [first, second] = [this.u8(at), this.u8(at + 1)];
    return littleEndian ? second * 256 + first : first * 256 + second;
  }

  u32(at: number, littleEndian = false): number {
    const [first, second] = [this.u16(at, littleEndian), this.u16(at + 2, littleEndian)];
    return littleEndian ? second * 65_536 + first : first * 65_536 + second;
  }

  /** The bytes as Latin-1. For short pieces. */
  text(start: number, end: number): string {
    const { buffer, byteOffset, length } = this.slice(start, end);
    return Buffer.from(buffer, byteOffset, length).toString('latin1');
  }

  /** Whether these letters are there, all before `end`. */
  says(at: number, letters: string, end = this.length): boolean {
    if (at + letters.length > Math.min(end, this.length)) return false;
    for (let index = 0; index < letters.length; index++) {
      if (this.source[at + index] !== letters.charCodeAt(index)) return false;
    }
    return true;
  }

  /** The bytes themselves: nobody may write into them. */
  slice(start: number, end: number): Uint8Array {
    this.#mustHold(start, end);
    return this.source.subarray(start, end);
  }

  write(at: number, bytes: Uint8Array): void {
    this.#mustHold(at, at + bytes.length);
    const before = this.#copy ?? this.source;
    if (bytes.every((byte, index) => before[at + index] === byte)) return;
    this.#ownCopy().set(bytes, at);
  }

  writeText(at: number, letters: string): void {
    this.write(at, Buffer.from(letters, 'latin1'));
  }

  /** Writes the same byte from `start` to just before `end`. */
  fill(start: number, end: number, byte = 0): void {
    this.#mustHold(start, end);
    const before = this.#copy ?? this.source;
    if (before.subarray(start, end).every((each) => each === byte)) return;
    this.#ownCopy().fill(byte, start, end);
  }

  #ownCopy(): Uint8Array {
    this.#copy ??= Uint8Array.from(this.source);
    return this.#copy;
  }

  #mustHold(start: number, end: number): void {
    if (start >= 0 && start <= end && end <= this.length) return;
    throw new CannotFollow(`The bytes from ${start} to ${end} are not there.`);
  }
}
