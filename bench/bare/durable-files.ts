import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Makes a file of these bytes durable, under a name of its own, which it answers. */
export type StoreFile = (chunks: readonly Uint8Array[], owner?: string) => Promise<string>;

/** The textbook's way: a temporary name, fdatasync, rename, fsync of the folder, which is one for all. */
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
    return name;
  };
}

/**
 * Tintype's way: the final name from the start, in a folder of its owner's, fdatasync, and syncs of that folder which those who wait
 * share.
 */
export async function sharedSyncStore(folder: string): Promise<StoreFile> {
  const folders = new Map<string, Promise<OwnFolder>>();
  return async (chunks, owner = '') => {
    const opening = folders.get(owner) ?? ownFolder(join(folder, owner));
    folders.set(owner, opening);
    const { path, sync } = await opening;
    const name = join(path, randomUUID());
    const file: FileHandle = await open(name, 'wx');
    await file.writev([...chunks]);
    await file.datasync();
    await file.close();
    await sync();
    return name;
  };
}

interface OwnFolder {
  readonly path: string;
  readonly sync: () => Promise<void>;
}

async function ownFolder(path: string): Promise<OwnFolder> {
  await mkdir(path, { recursive: true });
  await syncOnce(dirname(path));
  return { path, sync: sharedSync(path) };
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
