import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a file of these bytes durable, under a name of its own. */
export type StoreFile = (chunks: readonly Uint8Array[]) => Promise<void>;

/** The textbook's way: a temporary name, fdatasync, rename, fsync of the folder. */
export async function textbookStore(folder: string): Promise<StoreFile> {
  await mkdir(folder, { recursive: true });
  return async (chunks) => {
    const name = join(folder, randomUUID());
    const file = await open(`${name}.tmp`, 'wx');
    await file.writev([...chunks]);
    await file.datasync();
    await file.close();
    await rename(`${name}.tmp`, name);
    await syncOnce(folder);
  };
}

/** Tintype's way: the final name from the start, fdatasync, and syncs of the folder that those who wait share. */
export async function sharedSyncStore(folder: string): Promise<StoreFile> {
  await mkdir(folder, { recursive: true });
  const syncFolder = sharedSync(folder);
  return async (chunks) => {
    const file: FileHandle = await open(join(folder, randomUUID()), 'wx');
    await file.writev([...chunks]);
    await file.datasync();
    await file.close();
    await syncFolder();
  };
}

/** Syncs a folder for all who ask while one is running: the next one, which begins after what they did, is theirs. */
export function sharedSync(folder: string): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = () => {
    running = syncOnce(folder).finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (!running) return start();
    next ??= running.then(() => {
      next = undefined;
      return start();
    });
    return next;
  };
}

export async function syncOnce(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
