import { expect, test } from 'vitest';
import { releaseMemory } from './release-memory.ts';

test('bytes that have their memory to themselves are gone', () => {
  const bytes = Buffer.allocUnsafeSlow(1024);
  releaseMemory(bytes);
  expect(bytes.length).toBe(0);
});

test('bytes in memory that others share stay, and so do the others', () => {
  const whole = new Uint8Array(1024).fill(7);
  const [first, pooled] = [whole.subarray(0, 1000), Buffer.from('of a pool')];
  releaseMemory(first);
  releaseMemory(pooled);
  expect(first).toEqual(new Uint8Array(1000).fill(7));
  expect(pooled.toString()).toBe('of a pool');
});
