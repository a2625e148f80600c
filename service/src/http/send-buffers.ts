/** Shorter ones are not worth keeping. */
const SHORTEST = 16 * 1024;

/** Up to here lengths are told apart by their sixteenths of this, and from here on by powers of two. */
const FINE = 256 * 1024;

/** Of all that lie here unused, in bytes. */
const KEPT = 16 * 1024 * 1024;

/**
 * Memory for answers, used again. A server that allocates what it sends anew each time has its garbage collector go through
 * all that it has every few dozen answers, however little of that is garbage.
 */
export class SendBuffers {
  readonly #most: number;
  #kept = 0;
  /** Unused ones, by their length: one of few. */
  readonly #unused = new Map<number, Uint8Array<ArrayBuffer>[]>();

  constructor(most = KEPT) {
    this.#most = most;
  }

  /** How many bytes lie here unused. */
  get kept(): number {
    return this.#kept;
  }

  /** At least so long; what is in it is whatever was. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length < SHORTEST) return Buffer.allocUnsafe(length);
    const rounded = roundedUp(length);
    const unused = this.#unused.get(rounded)?.pop();
    if (unused) {
      this.#kept -= rounded;
      return unused;
    }
    return Buffer.allocUnsafeSlow(rounded);
  }

  /** Of what `take` has given, when nobody reads it any more. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    const { length } = buffer;
    if (length < SHORTEST || this.#kept + length > this.#most) return;
    const unused = this.#unused.get(length) ?? [];
    unused.push(buffer);
    this.#unused.set(length, unused);
    this.#kept += length;
  }
}

function roundedUp(length: number): number {
  return length <= FINE ? Math.ceil(length / SHORTEST) * SHORTEST : 2 ** Math.ceil(Math.log2(length));
}
