import { expect, test } from 'vitest';
import { waitFor } from '../src/retry.ts';

test('a wait ends when its time has come', async () => {
  await expect(waitFor(1)).resolves.toBeUndefined();
});

test('a wait that is stopped rejects with the reason, however long it was to be', async () => {
  const stopping = new AbortController();
  const reason = new Error('enough');
  const waiting = waitFor(3_600_000, stopping.signal);
  stopping.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(waitFor(3_600_000, stopping.signal)).rejects.toBe(reason);
});
