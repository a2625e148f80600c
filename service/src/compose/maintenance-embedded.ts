import type { EmbeddedStorageConfig } from '../config/storage.ts';
import { openStorageForReading } from '../drivers/embedded/open-for-reading.ts';
import { openStorage } from '../drivers/embedded/open-storage.ts';
import type { Log } from '../ports/log.ts';
import type { Access, MaintainedHome } from './maintained-home.ts';

/** Counts are committed with their records: what is seen a moment later is of another commit. */
const LONGEST_REQUEST_MS = 1000;

/** The data folder of the environment, for a command: to write, it must be nobody else's. */
export async function openEmbeddedMaintenance(
  { dataDir }: EmbeddedStorageConfig,
  access: Access,
  log: Log,
): Promise<MaintainedHome> {
  const reading = openStorageForReading(dataDir);
  const { quotas, walk, usages } = reading;
  const parts = { quotas, walk, usages, longestRequestMs: LONGEST_REQUEST_MS };
  if (access === 'read') return { ...parts, writable: undefined, close: async () => reading.close() };
  // That there is a folder of this release is known now; none is made by mistake.
  reading.close();
  const storage = await openStorage(dataDir, log);
  return {
    ...parts,
    quotas: storage.quotas,
    writable: storage.quotas,
    walk: storage.walk,
    usages: storage.usages,
    close: () => storage.close(),
  };
}
