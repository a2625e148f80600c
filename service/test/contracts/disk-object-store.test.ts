import { createSigner } from '../../src/domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from '../../src/drivers/embedded/disk/disk-object-store.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { describeObjectStore } from './object-store.contract.ts';

describeObjectStore('disk', async () => {
  const folder = await scratchFolder();
  await prepareObjectFolders(folder.path);
  const publicUrl = 'https://images.example.com/tintype';
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  const store = new DiskObjectStore({ folder: folder.path, publicUrl, signer });
  return { store, publicUrl, close: () => folder.remove() };
});
