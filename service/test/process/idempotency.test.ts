import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { onlyWhenLarge } from '../support/large.ts';
import { type ServerProcess, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { newPng } from '../support/uploads.ts';
import { checksumAt, type Image, listAll, nothingHalf, sha256 } from './calls.ts';
import { randomNumbers } from './random-numbers.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

const SEED = 20_261_122;
const ROUNDS = 4;
const NEW_A_ROUND = 8;

/** A request that its client repeats until it has its image. */
interface Wish {
  readonly key: string;
  readonly bytes: Buffer;
  /** The ids of the images that it has been told of. */
  readonly told: Set<string>;
}

const newWish = (key: string, size: number): Wish => ({ key, bytes: newPng(size), told: new Set() });

async function ask({ url }: ServerProcess, { key, bytes, told }: Wish): Promise<void> {
  const response = await fetch(`${url}/images?user_id=alice&title=${key}`, {
    method: 'POST',
    headers: { 'content-type': 'image/png', 'idempotency-key': key },
    body: new Uint8Array(bytes),
  });
  if (response.status === 409) {
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    return;
  }
  expect(response.status).toBe(201);
  // Acknowledged from here on, even if the answer's body should be cut off.
  told.add(response.headers.get('location')?.split('/').at(-1) ?? '');
  expect(((await response.json()) as Image).title).toBe(key);
}

/** A server that is killed does not answer; anything else is a failure. */
async function askUntilKilled(server: ServerProcess, wish: Wish): Promise<void> {
  await ask(server, wish).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
  });
}

/** As if a minute had gone by. @returns how many requests had been cut off. */
function endLeases(dataDir: string): number {
  using database = new DatabaseSync(join(dataDir, 'index.db'));
  const { changes } = database
    .prepare('UPDATE idempotency_keys SET lease_until = 0 WHERE fingerprint IS NULL')
    .run();
  return Number(changes);
}

test('requests that are repeated over a server that is killed again and again make one image each', {
  timeout: 120_000,
}, async () => {
  const random = randomNumbers(SEED);
  const dataDir = join(await temporaryFolder(), 'data');
  const wishes: Wish[] = [];
  let cutOff = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startServerProcess({ dataDir });
    const sizes = Array.from({ length: NEW_A_ROUND }, (_, n) => (n % 4 === 0 ? 1_300_000 : 20_000));
    wishes.push(...sizes.map((size, n) => newWish(`round-${round}-${n}`, size)));
    const open = wishes.filter(({ told }) => told.size === 0);
    const asking = Promise.all([...open, ...open].map((wish) => askUntilKilled(server, wish)));
    await Promise.race([asking, sleep(10 + random() * 60)]);
    await server.kill();
    await asking;
    cutOff += endLeases(dataDir);
  }
  const server = await startServerProcess({ dataDir });
  for (const wish of wishes) await ask(server, wish);
  for (const { key, told } of wishes) expect(told.size, key).toBe(1);
  await expectOneImageEach(server, wishes);
  process.stdout.write(`keys over kills, seed ${SEED}: ${wishes.length} requests, cut off ${cutOff} times\n`);
  expect(cutOff).toBeGreaterThan(0);
  expect(await server.stop()).toBe(0);
});

async function expectOneImageEach(server: ServerProcess, wishes: readonly Wish[]): Promise<void> {
  const ids = wishes.flatMap(({ told }) => [...told]).sort();
  const rows = await listAll(server.url);
  expect(rows.map(({ image_id }) => image_id).sort()).toEqual(ids);
  const { objects } = await nothingHalf(server);
  // An attempt that took over has its own file: `.t1`, `.t2`, ... after the id.
  expect(objects.map((name) => name.slice(0, 36)).sort()).toEqual(ids);
  for (const { title, url } of rows) {
    const wish = wishes.find(({ key }) => key === title);
    expect(await checksumAt(url)).toBe(sha256(wish?.bytes ?? Buffer.of()));
  }
}
