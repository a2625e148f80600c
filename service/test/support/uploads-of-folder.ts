import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSigner } from '../../src/domain/signing.ts';
import { DiskUploadStore } from '../../src/drivers/embedded/disk/disk-upload-store.ts';
import { DurableFolders } from '../../src/drivers/embedded/disk/durable-folders.ts';

/** The uploads of a data folder that a server serves: to be presigned with its own secret, and looked at. */
export async function uploadsOfFolder(folder: string, publicUrl: string): Promise<DiskUploadStore> {
  const secret = (await readFile(join(folder, 'signing-secret'), 'utf8')).trim();
  const signer = createSigner([secret], 'upload-urls');
  return new DiskUploadStore({ folder, publicUrl, signer, folders: new DurableFolders() });
}
