import { type FileHandle, link, open, unlink } from 'node:fs/promises';
import { DomainError } from '../../../domain/errors.ts';
import { releaseMemory } from '../../../domain/release-memory.ts';
import type { Memory, ObjectDraft } from '../../../ports/object-store.ts';
import { diskFailure, systemCode } from './failures.ts';
import type { Coming } from './gathered-syncs.ts';

/** A draft up to this size is held in memory and written at once, under its final name. */
const HELD_BYTES = 1024 * 1024;

/**
 * How often a file is tried to be made in a folder that is not there: one that is made for it may be removed before it is in
 * there, since it is empty until then.
 */
const TRIES = 10;

/** What a draft needs of the store that it belongs to. */
export interface DraftHome {
  /** A new file path below the folder that is emptied at every start. */
  temporaryPath(): string;
  finalPath(key: string): string;
  /** Whether a file of this key may only ever be there whole, also after a crash. */
  mustAppearWhole(key: string): boolean;
  /** Makes the folder of a file path, durably. */
  makeFolderOf(path: string): Promise<void>;
  /** Makes the entry of a file path durable. */
  syncFolderOf(path: string): Promise<void>;
  /** As `syncFolderOf`, with all that are on their way into the same folder. */
  comingTo(path: string): Coming;
}

/**
 * Small drafts never touch the disk before they are committed: most refusals cost no system call, and a
 * file is created where it stays. Larger ones go to a temporary file, and are linked to their name; so are those that
 * no record is to say of that they are whole: whoever finds one of them takes it as it is.
 */
export class DiskDraft implements ObjectDraft {
  readonly #home: DraftHome;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Of what is held, what nobody reads afterwards. */
  #given: Uint8Array[] = [];
  #file: FileHandle | undefined;
  /** What `discard` has to remove, and what of it another name has been given to. */
  #path: string | undefined;
  #linkedFrom: string | undefined;

  constructor(home: DraftHome) {
    this.#home = home;
  }

  async write(chunk: Uint8Array, memory?: Memory): Promise<void> {
    this.#held.push(chunk);
    if (memory === 'given') this.#given.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= HELD_BYTES) return;
    try {
      this.#file ??= await this.#create(this.#home.temporaryPath());
      await this.#writeHeld(this.#file);
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async commit(key: string): Promise<void> {
    const path = this.#home.finalPath(key);
    try {
      if (this.#home.mustAppearWhole(key)) await this.#appearAt(path);
      else if (this.#file) await this.#linkTo(path, this.#file);
      else await this.#createAt(path);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') {
        throw new DomainError('conflict', 'There is an object under this key already.', { cause: error });
      }
      throw diskFailure(error);
    }
    this.#path = undefined;
    this.#linkedFrom = undefined;
  }

  async discard(): Promise<void> {
    this.#held = [];
    this.#given = [];
    await this.#close();
    const paths = [this.#path, this.#linkedFrom];
    this.#path = undefined;
    this.#linkedFrom = undefined;
    for (const path of paths) if (path !== undefined) await removeIfThere(path);
  }

  async #createAt(path: string): Promise<void> {
    const file = await this.#inFolder(path, () => this.#create(path));
    await this.#writeHeld(file);
    // The entry is there since the file was created: neither of the two has to wait for the other.
    await bothDone(file.datasync(), this.#home.syncFolderOf(path));
    this.#file = undefined;
    // It is on stable storage: nobody need wait for this, and nothing is lost by how it ends.
    file.close().catch(() => {});
  }

  async #linkTo(path: string, file: FileHandle): Promise<void> {
    await this.#writeDurably(file);
    const temporary = await this.#link(path);
    await bothDone(unlink(temporary), this.#home.syncFolderOf(path));
  }

  /** Of several at once into a folder that is new to all: two syncs one after the other, and not four. */
  async #appearAt(path: string): Promise<void> {
    const coming = this.#home.comingTo(path);
    try {
      const file = this.#file ?? (await this.#create(this.#home.temporaryPath()));
      // It can only be linked once both are done, and neither of the two has to wait for the other.
      await bothDone(this.#writeDurably(file), this.#home.makeFolderOf(path));
      const temporary = await this.#link(path);
      await bothDone(unlink(temporary), coming.arrived());
    } finally {
      coming.gone();
    }
  }

  async #writeDurably(file: FileHandle): Promise<void> {
    await this.#writeHeld(file);
    await file.datasync();
    await this.#close();
  }

  /** Gives the temporary file its name. @returns the name that it has beside that one. */
  async #link(path: string): Promise<string> {
    const temporary = this.#path ?? '';
    await this.#inFolder(path, () => link(temporary, path));
    this.#path = path;
    this.#linkedFrom = temporary;
    return temporary;
  }

  /** Makes an entry, and before it the folder for it, where there is none. */
  async #inFolder<Made>(path: string, make: () => Promise<Made>): Promise<Made> {
    for (let tries = 1; ; tries++) {
      try {
        return await make();
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || tries === TRIES) throw error;
        await this.#home.makeFolderOf(path);
      }
    }
  }

  async #create(path: string): Promise<FileHandle> {
    const file = await open(path, 'wx', 0o600);
    this.#file = file;
    this.#path = path;
    return file;
  }

  async #writeHeld(file: FileHandle): Promise<void> {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    if (held.length > 0) await writeAll(file, held);
    this.#release();
  }

  #release(): void {
    for (const chunk of this.#given) releaseMemory(chunk);
    this.#given = [];
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw diskFailure(error);
  });
}

/** Waits for both, so that nothing goes on behind the back of whoever is told of a failure. */
async function bothDone(...acts: readonly [Promise<void>, Promise<void>]): Promise<void> {
  const failed = (await Promise.allSettled(acts)).find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** `writev` may write less than it was given; then the rest follows. */
export async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === total) return;
  const all = Buffer.concat(chunks, total);
  while (bytesWritten < total) {
    bytesWritten += (await file.write(all, bytesWritten, total - bytesWritten)).bytesWritten;
  }
}
