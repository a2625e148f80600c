import type { EmbeddedStorageConfig } from '../config/storage.ts';
import { openExamination } from '../drivers/embedded/open-examination.ts';
import { openStorage } from '../drivers/embedded/open-storage.ts';
import type { Log } from '../ports/log.ts';
import type { TemporaryFile, TemporaryFiles } from '../ports/temporary-files.ts';
import type { Access, MaintainedHome } from './maintained-home.ts';

/**
 * One process serves the folder, and what it does to bytes and record of an image it does one right after the
 * other: a slow disk is given some seconds for that.
 */
export const LONGEST_REQUEST_MS = 5000;

/** The data folder of the environment, for a command: to write, it must be nobody else's. */
export async function openEmbeddedMaintenance(
  { dataDir }: EmbeddedStorageConfig,
  access: Access,
  log: Log,
): Promise<MaintainedHome> {
  // That there is a folder of this release is known from here on; none is made by mistake.
  const { close, ...home } = openExamination(dataDir);
  if (access === 'read') {
    return {
      ...home,
      writable: undefined,
      longestRequestMs: LONGEST_REQUEST_MS,
      close: async () => close(),
    };
  }
  try {
    const leftovers = await allOf(home.temporaryFiles);
    const storage = await openStorage(dataDir, log);
    const { index, quotas } = storage;
    return {
      ...home,
      quotas,
      temporaryFiles: asTheyWere(leftovers, home.temporaryFiles),
      writable: { ...home, index, quotas, clock: { now: Date.now }, log },
      longestRequestMs: 0,
      async close() {
        close();
        await storage.close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function allOf(files: TemporaryFiles): Promise<TemporaryFile[]> {
  const found: TemporaryFile[] = [];
  for await (const file of files.walk()) found.push(file);
  return found;
}

/** Whoever takes the folder's lock empties `incoming/` by that: what was there before is told all the same. */
function asTheyWere(found: readonly TemporaryFile[], files: TemporaryFiles): TemporaryFiles {
  return {
    async *walk() {
      yield* found;
    },
    remove: (name) => files.remove(name),
  };
}
