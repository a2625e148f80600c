import type { ObjectKey } from '../domain/object-key.ts';
import { RecentlyUsed } from '../domain/recently-used.ts';
import type { OpenObject } from '../ports/object-store.ts';
import type { SendBuffers } from './send-buffers.ts';

/** Of all that are kept, in bytes of memory. */
const KEPT = 32 * 1024 * 1024;

/** Up to this many bytes an object is kept: a picture of a screen's width, and all that are smaller. */
const LARGEST_KEPT = 256 * 1024;

/** Of so many objects that were sent once it is known. */
const REMEMBERED = 4096;

/**
 * Small objects that are sent again and again, in memory: what lies under a key never changes, so they are what the disk would give. Whether they may be
 * served is asked for each time, as of those on the disk.
 */
export class KeptObjects {
  readonly #buffers: SendBuffers;
  readonly #most: number;
  #kept = 0;
  readonly #sentOnce = new RecentlyUsed<ObjectKey, true>(REMEMBERED);
  /** Those used last at the end. */
  readonly #objects = new Map<ObjectKey, KeptObject>();

  /** @param buffers where the memory comes from, and goes back to. */
  constructor(buffers: SendBuffers, most = KEPT) {
    this.#buffers = buffers;
    this.#most = most;
  }

  /** How many bytes of memory are kept. */
  get kept(): number {
    return this.#kept;
  }

  get(key: ObjectKey): KeptObject | undefined {
    const object = this.#objects.get(key);
    if (object) {
      this.#objects.delete(key);
      this.#objects.set(key, object);
    }
    return object;
  }

  /** Whether an object that is sent now is worth keeping: not the first time, since most are asked for once. */
  isWorthKeeping(key: ObjectKey, size_bytes: number): boolean {
    if (size_bytes > LARGEST_KEPT) return false;
    const wasSent = this.#sentOnce.get(key) ?? false;
    this.#sentOnce.set(key, true);
    return wasSent;
  }

  /**
   * Keeps an object from now on.
   * @param buffer has its bytes, from the first on, and belongs to what is kept.
   */
  keep(key: ObjectKey, object: Omit<OpenObject, 'read' | 'stream' | 'close'>, buffer: Buffered): KeptObject {
    this.forget(key);
    this.#kept += buffer.length;
    for (const oldest of this.#objects.keys()) {
      if (this.#kept <= this.#most) break;
      this.forget(oldest);
    }
    // Last, so that it stays whatever goes: it is about to be sent.
    const kept = new KeptObject(object, buffer, () => this.#buffers.giveBack(buffer));
    this.#objects.set(key, kept);
    return kept;
  }

  /** What is on its way out is sent to its end. */
  forget(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    this.#kept -= object.memory;
    object.drop();
  }
}

type Buffered = Uint8Array<ArrayBuffer>;

/** An object whose bytes are in memory that is given back once nobody needs it. */
export class KeptObject implements OpenObject {
  readonly size_bytes: number;
  readonly etag: string;
  readonly last_modified: Date;
  /** How many bytes it takes. */
  readonly memory: number;
  readonly #bytes: Buffered;
  readonly #giveBack: () => void;
  #users = 0;
  #dropped = false;

  constructor(
    { size_bytes, etag, last_modified }: Omit<OpenObject, 'read' | 'stream' | 'close'>,
    buffer: Buffered,
    giveBack: () => void,
  ) {
    this.size_bytes = size_bytes;
    this.etag = etag;
    this.last_modified = last_modified;
    this.memory = buffer.length;
    this.#bytes = buffer.subarray(0, size_bytes);
    this.#giveBack = giveBack;
  }

  /** The bytes from `start` to just before `end`, which stay what they are until `release` is called. */
  use(start: number, end: number): Buffered {
    this.#users += 1;
    return this.#bytes.subarray(start, end);
  }

  release(): void {
    this.#users -= 1;
    this.#giveBackUnused();
  }

  drop(): void {
    this.#dropped = true;
    this.#giveBackUnused();
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    return this.#bytes.slice(start, end);
  }

  async *stream(start: number, end: number): AsyncGenerator<Uint8Array> {
    yield this.#bytes.slice(start, end);
  }

  async close(): Promise<void> {}

  #giveBackUnused(): void {
    if (this.#dropped && this.#users === 0) this.#giveBack();
  }
}
