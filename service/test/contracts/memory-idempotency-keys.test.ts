import { createMemoryIdempotencyKeys } from '../../src/drivers/memory/memory-idempotency-keys.ts';
import { describeIdempotencyKeys } from './idempotency-keys.contract.ts';

describeIdempotencyKeys('memory', async () => ({
  keys: createMemoryIdempotencyKeys(),
  close: async () => {},
}));
