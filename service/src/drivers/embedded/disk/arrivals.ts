import { readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { v4 } from 'uuid';
import type { DurableFolders } from './durable-folders.ts';
import { systemCode } from './failures.ts';
import { Turns } from './turns.ts';

/** A place where bytes arrive: the files of a folder whose names begin with `prefix`. */
export interface ArrivalPlace {
  readonly folder: string;
  readonly prefix: string;
}

/** Grows with each arrival at a place, so that the latest has the greatest name; then a name of its own. */
const NAME = /^\d{9}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SEQUENCE_DIGITS = 9;

/**
 * Files that replace one another, at one place each. No file is ever written into once it has arrived,
 * and none gets the name of another: a name stands for just these bytes, so it is their entity tag, and
 * taking the file of that name takes them or nothing. A file system's inodes and times cannot be relied
 * on for that: both come again within milliseconds.
 */
export class Arrivals {
  readonly #folders: DurableFolders;
  readonly #turns = new Turns();

  constructor(folders: DurableFolders) {
    this.#folders = folders;
  }

  /**
   * Moves a file, whose bytes are on stable storage, to a place, durably, and removes the one before it.
   * @param makes whether the folder of the place is made where it is not there.
   * @returns the file's name but for the prefix, or undefined where there is no folder.
   */
  async add(
    temporary: string,
    { folder, prefix }: ArrivalPlace,
    makes: boolean,
  ): Promise<string | undefined> {
    return this.#turns.take(folder, async () => {
      if (makes) await this.#folders.make(folder);
      const before = await arrivalsIn(folder);
      if (before === undefined) return undefined;
      const replaced = before.get(prefix) ?? [];
      const latest = Number(replaced.at(-1)?.slice(0, SEQUENCE_DIGITS) ?? 0);
      const name = `${String(latest + 1).padStart(SEQUENCE_DIGITS, '0')}.${v4()}`;
      await rename(temporary, join(folder, prefix + name));
      try {
        await this.#folders.sync(folder);
      } catch (error) {
        // What was there before stays: whoever sent this is told that it has not arrived.
        await unlink(join(folder, prefix + name));
        throw error;
      }
      for (const old of replaced) await unlink(join(folder, prefix + old));
      return name;
    });
  }

  /** What has arrived at the place, if anything has: the name of the latest file but for the prefix. */
  async latest({ folder, prefix }: ArrivalPlace): Promise<string | undefined> {
    return (await arrivalsIn(folder))?.get(prefix)?.at(-1);
  }

  /** Removes what has arrived at a place, and its folder where that is empty then. */
  async remove({ folder, prefix }: ArrivalPlace): Promise<void> {
    await this.#turns.take(folder, async () => {
      const names = (await arrivalsIn(folder))?.get(prefix) ?? [];
      for (const name of names) await unlink(join(folder, prefix + name));
      if (names.length > 0) await this.#folders.sync(folder);
      await removeIfEmpty(folder);
    });
  }

  /** Does something while nothing arrives in the folder. */
  alone<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
    return this.#turns.take(folder, act);
  }
}

/** Removes a folder, unless there is something in it, or no such folder. */
export async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
  });
}

export function isArrivalName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The names of a folder's files by their prefix, but for it, each place's latest at the end; undefined
 * where there is no folder. Of a place there are several only in the midst of a replacement, or after one
 * that was cut off: then the latest counts.
 */
export async function arrivalsIn(folder: string): Promise<Map<string, string[]> | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (entries === undefined) return undefined;
  const names = new Map<string, string[]>();
  for (const entry of entries) {
    const start = entry.name.indexOf('@') + 1;
    const [prefix, name] = [entry.name.slice(0, start), entry.name.slice(start)];
    if (!entry.isFile() || start === 0 || !isArrivalName(name)) continue;
    names.set(prefix, [...(names.get(prefix) ?? []), name].sort());
  }
  return names;
}
