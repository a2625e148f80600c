import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textbookStore } from '../bare/durable-files.ts';
import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { HAS_WRK, type Load, load, WRK_REMEDY } from '../load.ts';
import { makeJpeg } from '../made-jpeg.ts';
import { signalChildren } from '../process-tree.ts';
import { type Server, startBare, startServer } from '../processes.ts';

/** Whose images: some users, as a service has them. */
const USERS = Array.from({ length: 16 }, (_, number) => `user-${number}`);

/** Where the counterparts store what they get. */
const COUNTERPARTS = ['textbook', 'shared', 'recording', 'decoding', 'loop'];

/**
 * Uploads, acknowledged when they are durable. What is made of images afterwards waits (on Linux): it has a benchmark of
 * its own, and its arrears would go on while the counterparts are measured. The last line is without that.
 */
export const uploadBench: Bench = async function* ({ scratch, say, seconds, rounds }) {
  if (!HAS_WRK) return say(`upload: not measured, since ${WRK_REMEDY}.`);
  const small = await makeJpeg(scratch, 100 * 1024);
  const large = await makeJpeg(scratch, 1024 * 1024);
  const json = join(scratch, 'upload.json');
  const image_data = (await readFile(small)).toString('base64');
  await writeFile(json, JSON.stringify({ user_id: 'user-1', tags: ['sea', 'sunset'], image_data }));
  const place = (name: string) => join(scratch, name);
  await using ours = await startServer(place('data'));
  await using textbook = await startBare('upload', place('textbook'), 'textbook', 'raw');
  await using shared = await startBare('upload', place('shared'), 'shared', 'raw');
  await using recording = await startBare('upload', place('recording'), 'shared', 'raw', 'row');
  await using decoding = await startBare('upload', place('decoding'), 'shared', 'json');
  const store = await textbookStore(place('loop'));
  const smallBytes = [await readFile(small)];
  const once = () => store(smallBytes);
  const raw = (server: Server, name: string, body: string, connections: number) =>
    contender(scratch, name, server, {
      body,
      connections,
      seconds,
      headers: { 'content-type': 'image/jpeg' },
    });
  const held = ({ name, round }: Contender): Contender => ({
    name,
    // Each time: one that has been started since the last round is held as well.
    round: async () => {
      await signalChildren(ours.pid, 'SIGSTOP');
      return round();
    },
  });
  // One round that is not measured: it takes a first image to have decoders started.
  await raw(ours, 'Tintype', small, 8).round();
  for (const [size, body, connections] of [
    ['100 KB', small, 1],
    ['100 KB', small, 8],
    ['100 KB', small, 32],
    ['1 MB', large, 8],
  ] as const) {
    const against = [
      raw(textbook, 'node:http, stored the usual way', body, connections),
      raw(shared, 'node:http, stored as Tintype does', body, connections),
    ];
    if (body === small) {
      against.push(loop('a loop without HTTP', seconds, once, 1));
      if (connections > 1) {
        against.push(loop(`${connections} loops without HTTP, at a time`, seconds, once, connections));
      }
    }
    await emptyFolders(COUNTERPARTS.map(place));
    yield* compare({
      work: `upload ${size}, ${connections} at a time`,
      unit: 'a second',
      better: 'greater',
      ours: held(raw(ours, 'Tintype', body, connections)),
      against: [
        ...against.map((each) => ({ ...each, target: 0.85 })),
        // Not what we are to be held against, but what of the difference is the record alone.
        raw(recording, 'node:http, stored as Tintype does, and a row', body, connections),
      ],
      rounds,
    });
  }
  const asJson = (server: Server, name: string) =>
    contender(scratch, name, server, {
      body: json,
      connections: 8,
      seconds,
      headers: { 'content-type': 'application/json' },
    });
  await emptyFolders(COUNTERPARTS.map(place));
  yield* compare({
    work: 'upload 100 KB as JSON base64, 8 at a time',
    unit: 'a second',
    better: 'greater',
    ours: held(asJson(ours, 'Tintype')),
    against: [{ ...asJson(decoding, 'node:http, stored as Tintype does'), target: 0.6 }],
    rounds,
  });
  await emptyFolders(COUNTERPARTS.map(place));
  const busy = raw(ours, 'Tintype', small, 32);
  yield* compare({
    work: 'upload 100 KB, 32 at a time, while presets are made of them',
    unit: 'a second',
    better: 'greater',
    ours: { name: busy.name, round: () => letDecode(ours, busy) },
    against: [raw(shared, 'node:http, stored as Tintype does', small, 32)],
    rounds,
  });
  await signalChildren(ours.pid, 'SIGCONT');
};

/** Before the next comparison: all that they get in a whole run is more than many disks hold. */
async function emptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) await unlink(join(entry.parentPath, entry.name));
    }
  }
}

/** A round with all that goes on beside it; nothing of that goes on afterwards. */
async function letDecode({ pid }: Server, { round }: Contender): Promise<number> {
  await signalChildren(pid, 'SIGCONT');
  const figure = await round();
  await signalChildren(pid, 'SIGSTOP');
  return figure;
}

function contender(
  scratch: string,
  name: string,
  { url }: Server,
  { headers = {}, ...asked }: Pick<Load, 'seconds' | 'connections' | 'headers'> & { body: string },
): Contender {
  const isRaw = headers['content-type'] !== 'application/json';
  const paths = isRaw ? USERS.map((user) => `/images?user_id=${user}&tags=sea&tags=sunset`) : ['/images'];
  return {
    name,
    round: async () => {
      const sent = { ...asked, url, paths, headers, method: 'POST', status: 201 };
      return (await load(scratch, sent)).rate;
    },
  };
}

/** So many at a time, each starting again when it is done. */
function loop(name: string, seconds: number, act: () => Promise<unknown>, atOnce: number): Contender {
  return {
    name,
    async round() {
      const started = performance.now();
      const until = started + seconds * 1000;
      let done = 0;
      const one = async () => {
        for (; performance.now() < until; done++) await act();
      };
      await Promise.all(Array.from({ length: atOnce }, one));
      return done / ((performance.now() - started) / 1000);
    },
  };
}
