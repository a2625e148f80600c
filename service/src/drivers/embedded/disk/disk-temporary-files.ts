import { opendir, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TemporaryFile, TemporaryFiles } from '../../../ports/temporary-files.ts';
import { INCOMING } from './disk-object-store.ts';
import { diskFailure, systemCode } from './failures.ts';

/** The files in `incoming/`: every start of a server empties it. */
export class DiskTemporaryFiles implements TemporaryFiles {
  readonly #folder: string;

  /** @param folder the data folder. */
  constructor(folder: string) {
    this.#folder = join(folder, INCOMING);
  }

  async *walk(): AsyncGenerator<TemporaryFile> {
    try {
      const entries = await opendir(this.#folder).catch(unlessAbsent);
      for await (const entry of entries ?? []) {
        const found = await stat(join(this.#folder, entry.name)).catch(unlessAbsent);
        if (!found?.isFile()) continue;
        yield { name: entry.name, size_bytes: found.size, last_modified: found.mtime };
      }
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async remove(name: string): Promise<void> {
    if (basename(name) !== name) throw new Error('Not the name of a temporary file.');
    try {
      await unlink(join(this.#folder, name)).catch(unlessAbsent);
    } catch (error) {
      throw diskFailure(error);
    }
  }
}

function unlessAbsent(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined;
  throw error;
}
