import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { randomNumbers } from '../process/random-numbers.ts';
import { quarters } from '../support/made-images.ts';
import {
  type ServerProcess,
  startServerProcess,
  storedFiles,
  temporaryFolder,
} from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { childrenOf, halves, sample, samplesUntil, tenths } from './support/process-watch.ts';
import { SoakLoad } from './support/soak-load.ts';
import { report, SEED, skip, tries } from './support/torture.ts';

/** An hour under `npm run test:torture`, some seconds in `npm test`, or as long as the variable says. */
const SECONDS = Number(process.env['TINTYPE_SOAK_SECONDS'] || tries({ short: 6, long: 3600 }));
/** A quarter of it, and no more than ten minutes: V8 takes some hundred MiB before it finds it worth giving any back. */
const WARM_UP = Math.min(600, SECONDS / 4);
const MIB = 1024 * 1024;

/**
 * By how much the median of the second half may lie above that of the first. In an hour a leak of some four hundred bytes
 * a request is more; a heap that has not found its size yet, as in the short form, must not look like one.
 */
const MEMORY = (SECONDS >= 1800 ? 64 : 160) * MIB;
/** Under load: folders that are synced again and again are held open for a second, 64 at most. */
const DESCRIPTORS = 64;
/** At rest, beside what it had at its start: what is opened when it is first needed, and then kept. */
const KEPT_OPEN = 16;

const PIPES_OF_A_DECODER = 4;

const ENV = { KEEP_VERSIONS: '2' };

test('a server under mixed load for a long time takes no more memory or files, and gives no wrong byte', {
  timeout: (SECONDS + 240) * 1000,
}, async (context) => {
  if (!existsSync('/proc/self/fd')) skip(context, 'only Linux tells how many files a process has open');
  const dataDir = join(await temporaryFolder(), 'data');
  const server = await startServerProcess({ dataDir, env: ENV, keepLine: isNoRequest });
  const pictures = [SMALL_IMAGES['image/png'].bytes, await quarters(400, 300).png().toBuffer()];
  const load = new SoakLoad({ url: server.url, random: randomNumbers(SEED), pictures });

  const atStart = (await sample(server)).descriptors;
  await load.run(after(WARM_UP));
  const isOver = after(SECONDS - WARM_UP);
  const everyMs = Math.max(100, Math.min(2000, SECONDS * 5));
  const [samples] = await Promise.all([samplesUntil(server, everyMs, isOver), load.run(isOver)]);
  const images = await load.compareAll();
  const atRest = await openAtRest(server, atStart + KEPT_OPEN);

  const memory = halves(samples.map(({ rss }) => rss));
  const descriptors = halves(samples.map((one) => one.descriptors));
  const { stdout, stderr } = server.logs();
  const errors = [...stderr, ...stdout.slice(1)];
  report('soak', {
    seconds: SECONDS,
    requests: load.done,
    images_at_the_end: images,
    files_at_the_end: (await storedFiles(dataDir)).objects.length,
    bytes_compared: load.bytesCompared,
    wrong_answers_of_bytes: load.wrongBytes,
    samples: samples.length,
    memory_median_mib: { first_half: mib(memory.first), second_half: mib(memory.second) },
    memory_median_mib_by_tenths: tenths(samples.map(({ rss }) => mib(rss))).join(' '),
    memory_peak_mib: mib(await server.peakRss()),
    open_files_median: { first_half: descriptors.first, second_half: descriptors.second },
    open_files_at_rest: { at_the_start: atStart, at_the_end: atRest },
    warnings_and_errors_in_the_log: errors.length,
  });
  expect(errors).toEqual([]);
  expect(load.wrongBytes).toBe(0);
  expect(load.bytesCompared).toBeGreaterThan(0);
  expect(samples.length).toBeGreaterThan(3);
  expect(memory.second - memory.first).toBeLessThan(MEMORY);
  expect(descriptors.second - descriptors.first).toBeLessThan(DESCRIPTORS);
  expect(atRest - atStart).toBeLessThanOrEqual(KEPT_OPEN);
  expect(await server.stop()).toBe(0);
  expect((await storedFiles(dataDir)).incoming).toEqual([]);
});

/** Of what is as it should be, only the line that says where it listens. */
function isNoRequest(line: string): boolean {
  return !line.startsWith('{"level":30') || line.includes('"url"');
}

function after(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() > end;
}

/**
 * How many files it has open when connections have ended, which clients keep for some seconds, those to decoders not
 * counted. Whatever is beyond `enough` after a minute was forgotten.
 */
async function openAtRest(server: ServerProcess, enough: number): Promise<number> {
  let open = Number.POSITIVE_INFINITY;
  const deadline = performance.now() + 60_000;
  for await (const _ of setInterval(200)) {
    const { descriptors } = await sample(server);
    open = descriptors - PIPES_OF_A_DECODER * (await childrenOf(server));
    if (open <= enough || performance.now() > deadline) break;
  }
  return open;
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
