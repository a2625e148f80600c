import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectImage } from '../support/answers.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { openServer, type TestServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { newPng } from '../support/uploads.ts';

/** Below, at and above what is sent as one piece, from memory that other answers have had before. */
const SIZES = [5000, 60_000, 100_000, 700_000, 1024 * 1024, 1_500_000];

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let server: TestServer;
beforeAll(async () => {
  folder = await scratchFolder();
  server = await openServer(folder.path);
});
afterAll(async () => {
  await server.stop();
  await folder[Symbol.asyncDispose]();
});

it('answers at the same time, and one after another, have each their own bytes, also where some break off', async (context) => {
  onlyWhenLarge(context);
  const stored = await Promise.all(
    [...SIZES, ...SIZES].map(async (size) => {
      const bytes = newPng(size);
      const init = { method: 'POST', headers: { 'content-type': 'image/png' }, body: new Uint8Array(bytes) };
      const { url } = await expectImage(await fetch(`${server.url}/images?user_id=alice`, init), 201);
      return { bytes, url: url ?? '' };
    }),
  );
  for (let round = 0; round < 4; round++) {
    const left = stored.map(async ({ url }) => {
      const leaving = new AbortController();
      const answer = await fetch(url, { signal: leaving.signal });
      leaving.abort();
      await answer.bytes().catch(() => {});
    });
    const fetched = stored.map(async ({ url, bytes }) => {
      const whole = await (await fetch(url)).bytes();
      expect(Buffer.from(whole).equals(bytes)).toBe(true);
      const part = await (await fetch(url, { headers: { range: 'bytes=100-40099' } })).bytes();
      expect(Buffer.from(part).equals(bytes.subarray(100, 40_100))).toBe(true);
    });
    await Promise.all([...fetched, ...left]);
  }
});
