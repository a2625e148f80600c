import { type FileHandle, open } from 'node:fs/promises';

/** How many folders are held open, and for how long after their last use. */
const MOST_OPEN = 64;
const IDLE_MS = 1000;

interface OpenFolder {
  readonly handle: Promise<FileHandle>;
  /** How many are using it now. */
  users: number;
  usedAt: number;
}

/** Folders that are synced again and again, held open between: opening one costs as much as a sync that finds little to do. */
export class OpenFolders {
  /** The one that was used last at the end. */
  readonly #open = new Map<string, OpenFolder>();
  #timer: NodeJS.Timeout | undefined;

  /** Makes what was done to the entries of a folder durable. */
  async sync(path: string): Promise<void> {
    const folder = this.#take(path);
    try {
      await (await folder.handle).sync();
    } catch (error) {
      // Of a folder that could not be opened or synced the next one begins anew.
      this.#drop(path, folder);
      throw error;
    } finally {
      folder.users -= 1;
      folder.usedAt = performance.now();
      if (this.#open.get(path) !== folder) closeUnused(folder);
    }
  }

  /** From now on the path is another folder. */
  forget(path: string): void {
    const folder = this.#open.get(path);
    if (folder) this.#drop(path, folder);
  }

  #take(path: string): OpenFolder {
    const folder = this.#open.get(path) ?? { handle: open(path, 'r'), users: 0, usedAt: 0 };
    this.#open.delete(path);
    this.#open.set(path, folder);
    folder.users += 1;
    for (const [other, { users }] of this.#open) {
      if (this.#open.size <= MOST_OPEN) break;
      if (users === 0) this.forget(other);
    }
    this.#timer ??= setTimeout(() => this.#closeIdle(), IDLE_MS).unref();
    return folder;
  }

  #drop(path: string, folder: OpenFolder): void {
    if (this.#open.get(path) === folder) this.#open.delete(path);
    closeUnused(folder);
  }

  #closeIdle(): void {
    this.#timer = undefined;
    const before = performance.now() - IDLE_MS;
    for (const [path, { users, usedAt }] of this.#open)
      if (users === 0 && usedAt <= before) this.forget(path);
    if (this.#open.size > 0) this.#timer = setTimeout(() => this.#closeIdle(), IDLE_MS).unref();
  }
}

function closeUnused({ users, handle }: OpenFolder): void {
  if (users > 0) return;
  // Nothing was written through it, so that nothing is lost by how its closing ends; one that was never open needs none.
  handle.then((folder) => folder.close()).catch(() => {});
}
