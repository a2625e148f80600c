import { close, closeSync, fstatSync, open, read, type Stats } from 'node:fs';
import type { OpenObject } from '../../../ports/object-store.ts';
import { diskFailure } from './failures.ts';

/** Large enough to keep a disk busy, small enough to hold for many readers at once. */
const PIECE = 256 * 1024;

/** Of a file that was unlinked meanwhile, the last to close it removes the bytes: of so many that is soon done. */
const SOON_REMOVED = 1024 * 1024;

/** A file open for reading, or undefined for what is not a file; it stays readable when it is unlinked. */
export async function openFile(path: string): Promise<OpenObject | undefined> {
  const file = await Descriptor.open(path);
  if (!file.status.isFile()) {
    await file.close();
    return undefined;
  }
  const { size, mtime, ino } = file.status;
  const readPiece = async (start: number, end: number, into?: Uint8Array): Promise<Uint8Array> => {
    const piece = into ? into.subarray(0, end - start) : Buffer.allocUnsafeSlow(end - start);
    for (let at = 0; at < piece.length; ) {
      const bytesRead = await file.read(piece, at, start + at).catch((error: unknown) => {
        throw diskFailure(error);
      });
      if (bytesRead === 0) throw diskFailure(new Error('A file ended before its size.'));
      at += bytesRead;
    }
    return piece;
  };
  return {
    size_bytes: size,
    etag: `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtime.getTime()).toString(36)}"`,
    last_modified: mtime,
    read: readPiece,
    async *stream(start, end) {
      for (let at = start; at < end; at += PIECE) yield await readPiece(at, Math.min(at + PIECE, end));
    },
    close: () => file.close(),
  };
}

/**
 * An open file. Only what may wait for the disk is done on Node's threads, opening and reading: to hand something to one takes
 * longer than to ask for what the kernel has in memory by then, or to let go of it.
 */
class Descriptor {
  readonly status: Stats;
  readonly #number: number;
  #reading = 0;
  #closing: PromiseWithResolvers<void> | undefined;

  private constructor(number: number, status: Stats) {
    this.#number = number;
    this.status = status;
  }

  static open(path: string): Promise<Descriptor> {
    return new Promise((resolve, reject) => {
      open(path, 'r', (error, number) => {
        if (error) return reject(error);
        try {
          resolve(new Descriptor(number, fstatSync(number)));
        } catch (failure) {
          closeSync(number);
          reject(failure);
        }
      });
    });
  }

  /** Fills `into` from `at` on with what lies at `position`, or as much of it as comes at once. */
  read(into: Uint8Array, at: number, position: number): Promise<number> {
    if (this.#closing) return Promise.reject(new Error('The file has been closed.'));
    this.#reading += 1;
    return new Promise((resolve, reject) => {
      read(this.#number, into, at, into.length - at, position, (error, bytesRead) => {
        this.#reading -= 1;
        if (this.#closing) this.#close(this.#closing);
        if (error) reject(error);
        else resolve(bytesRead);
      });
    });
  }

  /** Once nobody reads any more: its number may be another file's from then on. Calling it again changes nothing. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = Promise.withResolvers();
      this.#close(this.#closing);
    }
    return this.#closing.promise;
  }

  #close({ resolve, reject }: PromiseWithResolvers<void>): void {
    if (this.#reading > 0) return;
    if (this.status.size > SOON_REMOVED) {
      close(this.#number, (error) => (error ? reject(error) : resolve()));
      return;
    }
    try {
      closeSync(this.#number);
      resolve();
    } catch (error) {
      reject(error);
    }
  }
}
