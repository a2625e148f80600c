import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ObjectKey } from '../domain/object-key.ts';
import { RecentlyUsed } from '../domain/recently-used.ts';

/** Objects whose CRC is kept: some 15 MB. */
const REMEMBERED = 50_000;

/** Takes an object's bytes from the first to the last, and says at the end whether they are those that were stored. */
export interface ObjectCheck {
  add(piece: Uint8Array): void;
  /** @throws Error where they are not. */
  finish(): void;
}

/**
 * Checks objects that are served whole, each time. The first time that this process serves a file it is
 * held against the SHA-256 of its record; what that has proved right is from then on held against its
 * CRC-32, which takes half of the time and finds what a disk does to a file as well.
 */
export class ObjectChecks {
  /** By key and entity tag. */
  readonly #crcs: RecentlyUsed<string, number>;

  constructor(remembered = REMEMBERED) {
    this.#crcs = new RecentlyUsed(remembered);
  }

  /**
   * A check of the object that is open, or undefined where nobody knows what it has to be.
   * @param checksum its SHA-256 in hex, where that is on record.
   */
  begin(key: ObjectKey, etag: string, checksum: string | undefined): ObjectCheck | undefined {
    const file = `${key} ${etag}`;
    const crc = this.#crcs.get(file);
    if (crc !== undefined) return new CrcCheck(key, crc);
    if (checksum === undefined) return undefined;
    return new ShaCheck(key, checksum, (proved) => this.#crcs.set(file, proved));
  }
}

class CrcCheck implements ObjectCheck {
  readonly #key: ObjectKey;
  readonly #expected: number;
  #crc = 0;

  constructor(key: ObjectKey, expected: number) {
    this.#key = key;
    this.#expected = expected;
  }

  add(piece: Uint8Array): void {
    this.#crc = crc32(piece, this.#crc);
  }

  finish(): void {
    if (this.#crc !== this.#expected) throw damaged(this.#key);
  }
}

class ShaCheck implements ObjectCheck {
  readonly #key: ObjectKey;
  readonly #expected: string;
  readonly #prove: (crc: number) => void;
  readonly #hash: Hash = createHash('sha256');
  #crc = 0;

  constructor(key: ObjectKey, expected: string, prove: (crc: number) => void) {
    this.#key = key;
    this.#expected = expected;
    this.#prove = prove;
  }

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#crc = crc32(piece, this.#crc);
  }

  finish(): void {
    if (this.#hash.digest('hex') !== this.#expected) throw damaged(this.#key);
    this.#prove(this.#crc);
  }
}

/** For the log alone: whoever asked is told that something went wrong. */
function damaged(key: ObjectKey): Error {
  return new Error(`The object ${key} is damaged: its bytes are not those that were stored.`);
}
