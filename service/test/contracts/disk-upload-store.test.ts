import { createSigner } from '../../src/domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from '../../src/drivers/embedded/disk/disk-object-store.ts';
import { DiskUploadStore, prepareUploadFolders } from '../../src/drivers/embedded/disk/disk-upload-store.ts';
import { DurableFolders } from '../../src/drivers/embedded/disk/durable-folders.ts';
import { memoryDeps } from '../support/memory-deps.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { PUBLIC_URL, sendHere } from '../support/upload-app.ts';
import { describeUploadStore } from './upload-store.contract.ts';

describeUploadStore('disk', async () => {
  const scratch = await scratchFolder();
  const folder = scratch.path;
  await prepareObjectFolders(folder);
  await prepareUploadFolders(folder);
  const secret = 'a secret for tests, of 32 letters';
  const folders = new DurableFolders();
  const shared = { folder, publicUrl: PUBLIC_URL, folders };
  const objects = new DiskObjectStore({ ...shared, signer: createSigner([secret], 'object-urls') });
  const signer = createSigner([secret], 'upload-urls');
  const uploads = new DiskUploadStore({ ...shared, signer });
  const send = sendHere(memoryDeps().deps, { signer, inbox: uploads });
  return { uploads, objects, send, close: () => scratch.remove() };
});
