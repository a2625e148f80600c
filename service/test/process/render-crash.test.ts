import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess, storedRenditions, temporaryFolder } from '../support/server-process.ts';
import { runTintype } from '../support/tintype-command.ts';
import { expectFilesToBeRows, type ImageSummary, listAll, uploadImage } from './calls.ts';
import { randomNumbers } from './random-numbers.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

const KILLS = 30;

test(`a server that is killed ${KILLS} times while it renders makes every rendition, and each once`, {
  timeout: 600_000,
}, async (ctx) => {
  skipWithoutCorpus(ctx);
  const random = randomNumbers(20_261_122);
  const photographs = await Promise.all(corpusFiles('photos').map(readCorpusFile));
  const dataDir = join(await temporaryFolder(), 'data');
  let uploads = 0;
  let interrupted = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServerProcess({ dataDir });
    // A decoder needs some tenths of a second for an image: there is always one under way.
    const bytes = photographs[kill % photographs.length];
    if (!bytes) throw new Error('There are no photographs.');
    await uploadImage(server.url, 'raw', { bytes, user_id: 'alice', title: `${uploads++}` });
    await sleep(random() * 700);
    if (jobsIn(dataDir).waiting > 0) interrupted++;
    await server.kill();
  }
  // Otherwise this was a test of nothing.
  expect(interrupted).toBeGreaterThan(KILLS / 2);

  const server = await startServerProcess({ dataDir });
  const images = await vi.waitFor(() => allShown(server.url), { timeout: 120_000, interval: 500 });
  expect(images).toHaveLength(uploads);
  expect(jobsIn(dataDir)).toEqual({ waiting: 0, dead: 0 });
  expect(await storedRenditions(dataDir)).toEqual(images.flatMap(filesOf).sort());
  for (const { renditions } of images) {
    for (const shown of Object.values(renditions)) {
      const response = await fetch(shown?.url ?? '');
      await response.body?.cancel();
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp']);
    }
  }
  await expectFilesToBeRows(server);
  expect(await readdir(join(dataDir, 'incoming'))).toEqual([]);
  expect(await server.stop()).toBe(0);
  const doctor = await runTintype(['doctor', '--scrub'], { DATA_DIR: dataDir });
  expect(doctor).toEqual({ code: 0, stdout: expect.stringMatching(/: all is right\n$/), stderr: '' });
});

/** All images, once each has been processed. */
async function allShown(url: string): Promise<ImageSummary[]> {
  const images = await listAll(url);
  for (const { placeholder } of images) expect(placeholder).not.toBeNull();
  return images;
}

function filesOf({ image_id, user_id, renditions }: ImageSummary): string[] {
  return Object.keys(renditions).map((preset) => `.renditions/${user_id}/${image_id}.v1/${preset}.webp`);
}

function jobsIn(dataDir: string): { waiting: number; dead: number } {
  const database = new DatabaseSync(join(dataDir, 'index.db'), { readOnly: true });
  const count = (isDead: number) =>
    Number(database.prepare('SELECT count(*) AS jobs FROM jobs WHERE is_dead = ?').get(isDead)?.['jobs']);
  try {
    return { waiting: count(0), dead: count(1) };
  } finally {
    database.close();
  }
}
