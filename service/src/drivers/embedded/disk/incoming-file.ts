import { type FileHandle, open, unlink } from 'node:fs/promises';
import { releaseMemory } from '../../../domain/release-memory.ts';
import type { Memory } from '../../../ports/object-store.ts';
import type { IncomingBytes } from '../../../ports/upload-inbox.ts';
import { writeAll } from './disk-draft.ts';
import { diskFailure, systemCode } from './failures.ts';

/** So much is held in memory before it is written: fewer, larger writes. */
const HELD_BYTES = 512 * 1024;
const HELD_CHUNKS = 64;

export interface IncomingFileOptions {
  /** A new file path below the folder that is emptied at every start. */
  readonly temporary: string;
  /** Moves the file, which is on stable storage, to where it belongs. @returns its entity tag. */
  readonly arrive: (temporary: string) => Promise<string>;
}

/** Bytes that go to a temporary file as they come, and arrive all at once. */
export class IncomingFile implements IncomingBytes {
  readonly #options: IncomingFileOptions;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Of what is held, what nobody reads afterwards. */
  #given: Uint8Array[] = [];
  #file: FileHandle | undefined;
  #isCreated = false;

  constructor(options: IncomingFileOptions) {
    this.#options = options;
  }

  async write(chunk: Uint8Array, memory?: Memory): Promise<void> {
    this.#held.push(chunk);
    if (memory === 'given') this.#given.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < HELD_BYTES && this.#held.length < HELD_CHUNKS) return;
    try {
      await this.#writeHeld();
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async commit(): Promise<string> {
    try {
      const file = await this.#writeHeld();
      await file.datasync();
      await this.#close();
      const etag = await this.#options.arrive(this.#options.temporary);
      this.#isCreated = false;
      return etag;
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async discard(): Promise<void> {
    this.#held = [];
    this.#given = [];
    await this.#close();
    if (!this.#isCreated) return;
    this.#isCreated = false;
    await unlink(this.#options.temporary).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw diskFailure(error);
    });
  }

  async #writeHeld(): Promise<FileHandle> {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    const file = this.#file ?? (await this.#create());
    if (held.length > 0) await writeAll(file, held);
    for (const chunk of this.#given) releaseMemory(chunk);
    this.#given = [];
    return file;
  }

  async #create(): Promise<FileHandle> {
    this.#file = await open(this.#options.temporary, 'wx', 0o600);
    this.#isCreated = true;
    return this.#file;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}
