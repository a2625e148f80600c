import { createSigner } from '../../src/domain/signing.ts';
import { createMemoryObjectStore } from '../../src/drivers/memory/memory-object-store.ts';
import { describeObjectStore } from './object-store.contract.ts';

describeObjectStore('memory', async () => {
  const publicUrl = 'https://images.example.com/tintype';
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  return { store: createMemoryObjectStore({ publicUrl, signer }), publicUrl, close: async () => {} };
});
