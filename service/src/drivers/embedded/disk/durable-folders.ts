import { mkdir, open, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './failures.ts';
import { OpenFolders } from './open-folders.ts';

/** Makes what was done to the entries of one folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Folders whose entries are durable. Many who ask at once share the work: everyone who asks for a sync
 * while one of the same folder is running shares the next, which starts after their change and covers it.
 */
export class DurableFolders {
  readonly #making = new Map<string, Promise<void>>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();
  readonly #open = new OpenFolders();

  /** Makes a folder and those above it. */
  make(path: string): Promise<void> {
    const making =
      this.#making.get(path) ??
      this.#makeDurably(path).finally(() => {
        this.#making.delete(path);
      });
    this.#making.set(path, making);
    return making;
  }

  /** When it resolves, the folder's entries, and the folder itself in the one above it, are durable. */
  async sync(path: string): Promise<void> {
    // Who finds a folder that another has just made must not overtake the sync of the one above it.
    await this.#making.get(path);
    const running = this.#running.get(path);
    if (!running) return this.#start(path);
    const waiting = this.#next.get(path);
    if (waiting) return waiting;
    const next = running
      .catch(() => {}) // Its failure is told to those who waited for it.
      .then(() => {
        this.#next.delete(path);
        return this.#start(path);
      });
    this.#next.set(path, next);
    return next;
  }

  /**
   * Removes a folder in which there is nothing. Who is about to make a file in it finds that it is gone, and makes it anew.
   * @returns whether it is gone: durably once the folder above is synced.
   */
  async removeEmpty(path: string): Promise<boolean> {
    try {
      await rmdir(path);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return true;
      // What POSIX allows it to be called.
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
    this.#open.forget(path);
    return true;
  }

  #start(path: string): Promise<void> {
    const running = this.#open.sync(path).finally(() => {
      if (this.#running.get(path) === running) this.#running.delete(path);
    });
    this.#running.set(path, running);
    return running;
  }

  async #makeDurably(path: string): Promise<void> {
    const above = dirname(path);
    try {
      await mkdir(path, { mode: 0o700 });
    } catch (error) {
      if (systemCode(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
      if (systemCode(error) !== 'ENOENT') throw error;
      await this.make(above);
      return this.#makeDurably(path);
    }
    // One of this name may have been there before, and be open yet.
    this.#open.forget(path);
    await syncFolder(above);
    // Another may just have made the one above, and not have synced it in its turn.
    await this.#making.get(above);
  }
}
