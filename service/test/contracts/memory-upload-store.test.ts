import { createSigner } from '../../src/domain/signing.ts';
import { createMemoryUploadStore } from '../../src/drivers/memory/memory-upload-store.ts';
import { memoryDeps } from '../support/memory-deps.ts';
import { PUBLIC_URL, sendHere } from '../support/upload-app.ts';
import { describeUploadStore } from './upload-store.contract.ts';

describeUploadStore('memory', async () => {
  const { deps } = memoryDeps();
  const { objects } = deps;
  const signer = createSigner(['a secret for tests, of 32 letters'], 'upload-urls');
  const uploads = createMemoryUploadStore({ publicUrl: PUBLIC_URL, signer, objects });
  return { uploads, objects, send: sendHere(deps, { signer, inbox: uploads }), close: async () => {} };
});
