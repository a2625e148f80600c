import { access, open, opendir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v4 } from 'uuid';
import { type ObjectKey, RENDITIONS_PREFIX } from '../../../domain/object-key.ts';
import { signObjectUrl } from '../../../domain/object-url.ts';
import type { Signer } from '../../../domain/signing.ts';
import type {
  ListedObject,
  ObjectDraft,
  ObjectStore,
  OpenObject,
  PresignReadOptions,
} from '../../../ports/object-store.ts';
import { DiskDraft, type DraftHome } from './disk-draft.ts';
import { DurableFolders } from './durable-folders.ts';
import { diskFailure, systemCode } from './failures.ts';
import { GatheredSyncs } from './gathered-syncs.ts';
import { keyOfPath, type PrefixPlace, pathOfKey, placeOfPrefix } from './key-path.ts';
import { openFile } from './open-file.ts';

export interface DiskObjectStoreOptions {
  /** The data folder, on which `prepareObjectFolders` has been called. */
  readonly folder: string;
  readonly publicUrl: string;
  readonly signer: Signer;
  /** Of this process: whoever makes folders beside this store shares them with it. */
  readonly folders?: DurableFolders;
}

/** Below the data folder: files by key, and files that have no key yet. */
export const OBJECTS = 'objects';
export const INCOMING = 'incoming';

/** Makes the folders of the objects and throws away what an earlier process left half written. */
export async function prepareObjectFolders(folder: string): Promise<void> {
  const folders = new DurableFolders();
  await rm(join(folder, INCOMING), { recursive: true, force: true });
  await folders.make(join(folder, INCOMING));
  await folders.make(join(folder, OBJECTS));
  // A process that was killed may have made folders here without having synced them.
  await folders.sync(join(folder, OBJECTS));
}

/** Objects as files, their keys as paths; presigned URLs lead to this process itself. */
export class DiskObjectStore implements ObjectStore {
  readonly #objects: string;
  readonly #incoming: string;
  readonly #publicUrl: string;
  readonly #signer: Signer;
  readonly #folders: DurableFolders;
  readonly #home: DraftHome;

  constructor({ folder, publicUrl, signer, folders = new DurableFolders() }: DiskObjectStoreOptions) {
    this.#objects = join(folder, OBJECTS);
    this.#incoming = join(folder, INCOMING);
    this.#publicUrl = publicUrl;
    this.#signer = signer;
    this.#folders = folders;
    const gathered = new GatheredSyncs((folder) => this.#syncFolder(folder));
    this.#home = {
      temporaryPath: () => join(this.#incoming, v4()),
      finalPath: (key) => this.#pathOf(key),
      // An image's bytes without its record are removed at the next start; what was made of it has none.
      mustAppearWhole: (key) => key.startsWith(RENDITIONS_PREFIX),
      makeFolderOf: (path) => folders.make(dirname(path)),
      syncFolderOf: (path) => this.#syncFolder(dirname(path)),
      comingTo: (path) => gathered.coming(dirname(path)),
    };
  }

  async begin(): Promise<ObjectDraft> {
    return new DiskDraft(this.#home);
  }

  async open(key: ObjectKey): Promise<OpenObject | undefined> {
    const path = this.#pathOf(key);
    try {
      return await openFile(path);
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw diskFailure(error);
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await unlink(path);
    } catch (error) {
      if (isAbsence(error)) return;
      throw diskFailure(error);
    }
    try {
      if (key.startsWith(RENDITIONS_PREFIX)) await this.#syncOrRemove(dirname(path));
      else await absentIfGone(this.#folders.sync(dirname(path)));
    } catch (error) {
      throw diskFailure(error);
    }
  }

  /**
   * Of what lies below one folder, which goes with it: one sync, of the folder above, is enough for all. That one is synced
   * also where there is nothing any more, since whoever has removed it may not have come to that.
   */
  async deleteBelow(prefix: string): Promise<void> {
    const folder = this.#pathOf(prefix.replace(/\/$/, ''));
    try {
      const entries = await absentIfGone(readdir(folder, { withFileTypes: true }));
      for (const entry of entries ?? []) {
        if (entry.isFile()) await absentIfGone(unlink(join(folder, entry.name)));
      }
      await this.#syncOrRemove(folder);
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async countBelow(prefix: string): Promise<number> {
    const folder = this.#pathOf(prefix.replace(/\/$/, ''));
    try {
      const entries = await absentIfGone(readdir(folder, { withFileTypes: true }));
      return entries?.filter((entry) => entry.isFile()).length ?? 0;
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const place = placeOfPrefix(prefix);
    if (place === undefined) return;
    try {
      for await (const path of this.#filesIn(place)) {
        const key = keyOfPath(path);
        if (key === undefined || !key.startsWith(prefix)) continue;
        const found = await absentIfGone(stat(join(this.#objects, path)));
        if (found) yield { key, size_bytes: found.size, last_modified: found.mtime };
      }
    } catch (error) {
      throw diskFailure(error);
    }
  }

  presignRead(key: ObjectKey, options: PresignReadOptions): string {
    return this.#publicUrl + signObjectUrl(this.#signer, { key, ...options });
  }

  /** Writes, syncs and removes a small file: a full or read-only disk shows. */
  async check(): Promise<void> {
    const path = join(this.#incoming, `check-${v4()}`);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.write('ok');
        await file.datasync();
      } finally {
        await file.close();
        await unlink(path);
      }
    } catch (error) {
      throw diskFailure(error);
    }
  }

  /** Paths below the objects folder. Folders beside the place are not read, however many there are. */
  async *#filesIn({ folder, name }: PrefixPlace): AsyncGenerator<string> {
    // Without the folder of all objects nothing is known of any.
    await access(this.#objects);
    const folders = [folder];
    for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
      const entries = await absentIfGone(opendir(join(this.#objects, path)));
      for await (const entry of entries ?? []) {
        if (path === folder && !entry.name.startsWith(name)) continue;
        const inner = path === '' ? entry.name : `${path}/${entry.name}`;
        if (entry.isDirectory()) folders.push(inner);
        else if (entry.isFile()) yield inner;
      }
    }
  }

  /** Makes durable what was removed from a folder of renditions, and removes it as well if that was all. */
  async #syncOrRemove(folder: string): Promise<void> {
    if (await this.#folders.removeEmpty(folder)) await absentIfGone(this.#folders.sync(dirname(folder)));
    else await this.#syncRenditions(folder);
  }

  async #syncFolder(folder: string): Promise<void> {
    if (folder.startsWith(join(this.#objects, RENDITIONS_PREFIX))) await this.#syncRenditions(folder);
    else await this.#folders.sync(folder);
  }

  /** Who finds the folder gone may go on: somebody has removed all that was in it since, and has synced that. */
  async #syncRenditions(folder: string): Promise<void> {
    const synced = await absentIfGone(this.#folders.sync(folder).then(() => true));
    if (!synced) await absentIfGone(this.#folders.sync(dirname(folder)));
  }

  #pathOf(key: ObjectKey): string {
    return join(this.#objects, pathOfKey(key));
  }
}

/** Undefined for what was deleted since its folder was read, or was never there. */
async function absentIfGone<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '');
}
