import { createSigner } from '../domain/signing.ts';
import { DiskObjectStore } from '../drivers/embedded/disk/disk-object-store.ts';
import { openStorageForReading } from '../drivers/embedded/open-for-reading.ts';
import { openStorage } from '../drivers/embedded/open-storage.ts';
import type { MigrationSource, MigrationTarget } from '../operations/maintenance/migrate-images.ts';
import type { Log } from '../ports/log.ts';
import type { OpenedSide } from './migration-side.ts';

/** A data folder as it is, without its lock: its server may be running. */
export async function openEmbeddedSource(folder: string): Promise<OpenedSide<MigrationSource>> {
  const { close, ...parts } = openStorageForReading(folder);
  return { parts, close: async () => close() };
}

/** A data folder for this process alone, made where there is none. */
export async function openEmbeddedTarget(folder: string, log: Log): Promise<OpenedSide<MigrationTarget>> {
  const storage = await openStorage(folder, log);
  const { index, walk, signingSecret } = storage;
  const signer = createSigner([signingSecret], 'object-urls');
  const objects = new DiskObjectStore({ folder, publicUrl: '', signer });
  return { parts: { index, walk, objects }, close: () => storage.close() };
}
