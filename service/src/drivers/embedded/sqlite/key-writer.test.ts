import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../../test/support/silent-log.ts';
import { newImageId } from '../../../domain/image-id.ts';
import { openStorage } from '../open-storage.ts';
import { SqliteIdempotencyKeys } from './sqlite-idempotency-keys.ts';

const NOW = Date.UTC(2026, 4, 4);
const SCOPE = 'upload-image:alice';

const attempt = (now: number, life: number) => ({
  attempt_id: randomUUID(),
  image_id: newImageId(now),
  lease_until: now + 60_000,
  expires_at: now + life,
});

test('expired keys are removed bit by bit as others begin, and those that have not expired stay', async () => {
  const { database, commits } = openDatabase();
  const keys = new SqliteIdempotencyKeys(commits);
  const count = () => Number(database.prepare('SELECT count(*) AS n FROM idempotency_keys').get()?.['n']);
  for (let n = 0; n < 40; n++) {
    await keys.begin({ scope: SCOPE, key: `old ${n}` }, attempt(NOW, n < 30 ? 1000 : 1_000_000), NOW);
  }
  const seen = [count()];
  for (let n = 0; n < 15; n++) {
    await keys.begin({ scope: SCOPE, key: `new ${n}` }, attempt(NOW + 2000, 1_000_000), NOW + 2000);
    seen.push(count());
  }
  const least = Math.min(...seen.slice(1).map((size, n) => size - (seen[n] ?? 0)));
  // Never so much at once that a beginning waits for it, and always more than come.
  expect(least).toBeGreaterThanOrEqual(-10);
  expect(least).toBeLessThan(0);
  expect(count()).toBe(10 + 15);
  database.close();
});

test('keys are still there when the folder is opened again, as they were', async () => {
  await using folder = await scratchFolder();
  const [open, answered] = [attempt(NOW, 1_000_000), attempt(NOW, 1_000_000)];
  const answer = { fingerprint: 'f'.repeat(64), content: { image: 'é' } };
  const first = await openStorage(folder.path, silentLog);
  await first.keys.begin({ scope: SCOPE, key: 'open' }, open, NOW);
  await first.keys.begin({ scope: SCOPE, key: 'answered' }, answered, NOW);
  await first.keys.answer({ scope: SCOPE, key: 'answered' }, answered.attempt_id, answer);
  await first.close();
  const again = await openStorage(folder.path, silentLog);
  const tell = (key: string, now: number) =>
    again.keys.begin({ scope: SCOPE, key }, attempt(now, 1_000_000), now);
  expect(await tell('open', NOW + 1)).toEqual({ state: 'in_flight', lease_until: open.lease_until });
  expect(await tell('answered', NOW + 1)).toEqual({ state: 'answered', answer });
  expect(await tell('open', NOW + 60_000)).toEqual({ state: 'begun', image_id: open.image_id, takeovers: 1 });
  await again.close();
});

test('without its writing thread every step is `unavailable`', async () => {
  await using folder = await scratchFolder();
  const { keys, close } = await openStorage(folder.path, silentLog);
  await close();
  const key = { scope: SCOPE, key: 'one' };
  for (const step of [
    keys.begin(key, attempt(NOW, 1000), NOW),
    keys.answer(key, 'mine', { fingerprint: 'f', content: 1 }),
    keys.free(key, 'mine'),
    keys.release(key, 'mine'),
  ]) {
    await expect(step).rejects.toMatchObject({ code: 'unavailable' });
  }
});
