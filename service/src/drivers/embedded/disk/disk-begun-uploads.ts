import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { validate } from 'uuid';
import { UPLOADS_PREFIX } from '../../../domain/object-key.ts';
import type { BegunUpload, BegunUploads } from '../../../ports/begun-uploads.ts';
import { PARTS, UPLOADS } from './disk-upload-store.ts';
import { diskFailure, systemCode } from './failures.ts';
import { keyOfPath } from './key-path.ts';

/** The folders of uploads in parts, each `@` and its id below that of its key. */
export class DiskBegunUploads implements BegunUploads {
  readonly #folder: string;

  /** @param folder the data folder. */
  constructor(folder: string) {
    this.#folder = join(folder, UPLOADS, PARTS);
  }

  async *walk(): AsyncGenerator<BegunUpload> {
    try {
      yield* this.#below(this.#folder);
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async *#below(folder: string): AsyncGenerator<BegunUpload> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(unlessAbsent);
    for (const entry of entries ?? []) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      const parts_id = entry.name.slice(1);
      if (!entry.name.startsWith('@') || !validate(parts_id)) {
        yield* this.#below(path);
        continue;
      }
      const key = keyOfPath(relative(this.#folder, folder));
      // A folder changes with each file that comes into it.
      const found = await stat(path).catch(unlessAbsent);
      if (key !== undefined && found) {
        yield { key: UPLOADS_PREFIX + key, parts_id, last_modified: found.mtime };
      }
    }
  }
}

function unlessAbsent(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined;
  throw error;
}
