import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, BenchPlace } from '../benchmark.ts';
import type { Bounded } from '../comparison.ts';
import { fillFolder } from '../filled-folder.ts';
import { HAS_WRK, load, WRK_REMEDY } from '../load.ts';
import { makeJpeg } from '../made-jpeg.ts';
import { TELLS_MEMORY, type TreeMemory, treeMemory } from '../process-tree.ts';
import { type Server, startServer } from '../processes.ts';

const USERS = Array.from({ length: 16 }, (_, number) => `user-${number}`);

const IMAGES = 500;

/** So many megabytes at most. */
const IDLE = 150;
const LOADED = 400;

/** How long uploads go on, of each size: as long as ten rounds of other benchmarks. */
const ROUNDS = 4;

const LOOK_MS = 100;

/** Resident memory of the server, and of the server with its decoders: after some requests, and while images pour in. */
export const memoryBench: Bench = async function* ({ scratch, say, seconds, rounds }) {
  if (!HAS_WRK) return say(`memory: not measured, since ${WRK_REMEDY}.`);
  if (!TELLS_MEMORY) return say('memory: not measured, since only Linux tells it in /proc.');
  const data = join(scratch, 'data');
  const small = await makeJpeg(scratch, 100 * 1024);
  const large = await makeJpeg(scratch, 1024 * 1024);
  const ids = await fillFolder(data, { count: IMAGES, file: small, users: USERS });
  await using server = await startServer(data);
  await someRequests(server, ids);
  yield bounded('memory, after some requests', (await treeMemory(server.pid)).all, IDLE);
  for (const [size, body] of [
    ['100 KB', small],
    ['1 MB', large],
  ] as const) {
    const place = { scratch, say, seconds: seconds * (rounds > 1 ? ROUNDS : 1) };
    const { own, all, processes } = await peakUnderUploads(server, body, place);
    const work = `memory, while 32 at a time upload ${size}`;
    yield bounded(`${work}: the server`, own, LOADED);
    yield bounded(`${work}: all ${processes} processes`, all, LOADED);
  }
};

function bounded(work: string, figure: number, most: number): Bounded {
  return { work, unit: 'MB', figure, most };
}

/** What a team does that tries it: lists, views, downloads, a page that is not there. */
async function someRequests({ url }: Server, ids: readonly string[]): Promise<void> {
  for (const [at, id] of ids.slice(0, 100).entries()) {
    const answer = await fetch(`${url}/images/${id}`);
    const { url: bytes } = (await answer.json()) as { url: string };
    for (const asked of [bytes, `${url}/images?user_id=user-${at % 16}&tag=sea`, `${url}/no-such-page`]) {
      await (await fetch(asked)).arrayBuffer();
    }
  }
}

/** The most that was seen, each figure for itself. */
async function peakUnderUploads(
  { url, pid }: Server,
  body: string,
  { scratch, seconds }: Pick<BenchPlace, 'scratch' | 'seconds'>,
): Promise<TreeMemory> {
  let peak: TreeMemory = { own: 0, all: 0, processes: 0 };
  let isOver = false;
  const paths = USERS.map((user) => `/images?user_id=${user}&tags=sea`);
  const headers = { 'content-type': 'image/jpeg' };
  const asked = { url, paths, headers, body, method: 'POST', connections: 32, seconds, status: 201 };
  const uploads = load(scratch, asked).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const now = await treeMemory(pid);
    peak = {
      own: Math.max(peak.own, now.own),
      all: Math.max(peak.all, now.all),
      processes: Math.max(peak.processes, now.processes),
    };
    await pause(LOOK_MS);
  }
  await uploads;
  return peak;
}
