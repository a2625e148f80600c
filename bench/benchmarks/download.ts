import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { fillFolder } from '../filled-folder.ts';
import { HAS_WRK, load, WRK_REMEDY } from '../load.ts';
import { makeJpeg } from '../made-jpeg.ts';
import { type Server, startBare, startServer } from '../processes.ts';

const USERS = Array.from({ length: 16 }, (_, number) => `user-${number}`);

/**
 * Different files, asked for one after the other: so many small ones as a server keeps in memory, many more than that, and large ones. The
 * counterparts read each from the file system each time.
 */
const SETS = [
  { what: '100 KB,', bytes: 100 * 1024, files: 64, connections: [8, 32] },
  { what: '100 KB, of too many to keep,', bytes: 100 * 1024, files: 1000, connections: [8, 32] },
  { what: '1 MB,', bytes: 1024 * 1024, files: 64, connections: [8] },
] as const;

/** Images' bytes by presigned URLs, which this process serves itself: their signatures, records and checksums are checked. */
export const downloadBench: Bench = async function* ({ scratch, say, seconds, rounds }) {
  if (!HAS_WRK) return say(`download: not measured, since ${WRK_REMEDY}.`);
  for (const [at, { what, bytes, files: count, connections }] of SETS.entries()) {
    const folder = join(scratch, String(at));
    const files = join(folder, 'files');
    const data = join(folder, 'data');
    await mkdir(files, { recursive: true });
    const file = await makeJpeg(folder, bytes);
    const names = Array.from({ length: count }, (_unused, number) => `${number}.jpg`);
    for (const name of names) await copyFile(file, join(files, name));
    const ids = await fillFolder(data, { count, file, users: USERS });
    await using ours = await startServer(data);
    await using reading = await startBare('download', files, 'read');
    await using streaming = await startBare('download', files, 'stream');
    const signed = await Promise.all(ids.map((id) => signedPath(ours, id)));
    const bare = names.map((name) => `/${name}`);
    for (const atOnce of connections) {
      const get = (name: string, { url }: Server, paths: readonly string[]): Contender => ({
        name,
        round: async () =>
          (await load(folder, { url, paths, connections: atOnce, seconds, status: 200 })).rate,
      });
      yield* compare({
        work: `download ${what} ${atOnce} at a time`,
        unit: 'a second',
        better: 'greater',
        ours: get('Tintype', ours, signed),
        against: [
          { ...get('node:http, the file read at once', reading, bare), target: 0.7 },
          { ...get('node:http, the file as a stream', streaming, bare), target: 0.7 },
        ],
        rounds,
      });
    }
  }
};

async function signedPath({ url }: Server, id: string): Promise<string> {
  const answer = await fetch(`${url}/images/${id}`);
  if (!answer.ok) throw new Error(`The image ${id} cannot be viewed: ${answer.status}.`);
  const image = (await answer.json()) as { url: string };
  return image.url.slice(url.length);
}
