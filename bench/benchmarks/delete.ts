import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { fillFolder } from '../filled-folder.ts';
import { HAS_WRK, load, WRK_REMEDY } from '../load.ts';
import { type Server, startBare, startServer } from '../processes.ts';

const USERS = Array.from({ length: 16 }, (_, number) => `user-${number}`);

/** Of each file: what it costs to remove one has little to do with how long it is. */
const BYTES = 4 * 1024;
const RENDITION_BYTES = 2 * 1024;

const AT_ONCE = [1, 8, 32];

/** More than Tintype deletes in a second, and more than anything here does. */
const MOST_OF_OURS = [1000, 3000, 5000];
const MOST_A_SECOND = [2500, 8000, 20_000];

/** Each second of them takes thousands of images that have to be made before, with five files each. */
const MOST_ROUNDS = 3;

/** Deletions for good, answered when they are durable. The renditions go afterwards, meanwhile, as they do in earnest. */
export const deleteBench: Bench = async function* ({ scratch, say, ...pace }) {
  if (!HAS_WRK) return say(`delete: not measured, since ${WRK_REMEDY}.`);
  const rounds = Math.min(pace.rounds, MOST_ROUNDS);
  // One more round of several does not count.
  const inAll = (most: readonly number[]) =>
    most.reduce((sum, each) => sum + each, 0) * (rounds > 1 ? rounds + 1 : 1);
  const count = inAll(MOST_A_SECOND);
  const [file, rendition] = [join(scratch, 'file'), join(scratch, 'rendition')];
  await writeFile(file, Buffer.alloc(BYTES, 7));
  await writeFile(rendition, Buffer.alloc(RENDITION_BYTES, 7));
  const data = join(scratch, 'data');
  const ids = await fillFolder(data, { count: inAll(MOST_OF_OURS), file, users: USERS, rendition });
  await using ours = await startServer(data);
  const bare = [join(scratch, 'textbook'), join(scratch, 'shared')] as const;
  await using textbook = await startBare('delete', bare[0], 'textbook', String(count), String(BYTES));
  await using shared = await startBare('delete', bare[1], 'shared', String(count), String(BYTES));
  const numbers = Array.from({ length: count }, (_unused, at) => `/${at}`);
  const [left, leftTextbook, leftShared] = [
    ids.map((id) => `/images/${id}?permanent=true`),
    [...numbers],
    [...numbers],
  ];
  // What was made for this is not to be on its way to the disk while deletions wait for theirs.
  await promisify(execFile)('sync');
  // What its deletions leave is removed in its own rounds alone, and not while the counterparts are measured.
  process.kill(ours.pid, 'SIGSTOP');
  await using _goesOn = { [Symbol.asyncDispose]: async () => void process.kill(ours.pid, 'SIGCONT') };
  for (const connections of AT_ONCE) {
    yield* compare({
      work: `delete, ${connections} at a time`,
      unit: 'a second',
      better: 'greater',
      ours: inItsOwnRounds(ours, deleting('Tintype', { scratch, server: ours, left, connections })),
      against: [
        {
          ...deleting('unlink, fsync, row', { scratch, server: textbook, left: leftTextbook, connections }),
          target: 0.6,
        },
        deleting('the same, shared by those who wait', {
          ...{ scratch, server: shared, left: leftShared, connections },
        }),
      ],
      rounds,
    });
  }
};

/** A contender whose process goes on in its own rounds alone. */
function inItsOwnRounds({ pid }: Server, contender: Contender): Contender {
  return {
    ...contender,
    async round() {
      process.kill(pid, 'SIGCONT');
      try {
        return await contender.round();
      } finally {
        process.kill(pid, 'SIGSTOP');
      }
    },
  };
}

interface Deleting {
  readonly scratch: string;
  readonly server: Server;
  /** What there is to delete; what has been asked for is taken out. */
  readonly left: string[];
  readonly connections: number;
}

function deleting(name: string, { scratch, server, left, connections }: Deleting): Contender {
  return {
    name,
    async round() {
      const asked = { url: server.url, connections, seconds: 1, method: 'DELETE', status: 204 };
      const { rate, requests } = await load(scratch, { ...asked, paths: left });
      // One more each was on its way when the time was over.
      left.splice(0, requests + connections);
      return rate;
    },
  };
}
