import { readdir, readFile } from 'node:fs/promises';
import { setInterval } from 'node:timers/promises';
import type { ServerProcess } from '../../support/server-process.ts';

/** What a server's process has at a moment. */
export interface Sample {
  readonly rss: number;
  readonly descriptors: number;
}

export async function sample(server: ServerProcess): Promise<Sample> {
  const descriptors = await readdir(`/proc/${server.pid}/fd`);
  return { rss: await server.rss(), descriptors: descriptors.length };
}

/** Processes that the server has begun and that have not ended: decoders. */
export async function childrenOf(server: ServerProcess): Promise<number> {
  const threads = await readdir(`/proc/${server.pid}/task`);
  const lists = await Promise.all(
    threads.map((id) => readFile(`/proc/${server.pid}/task/${id}/children`, 'utf8').catch(noSuchThread)),
  );
  return lists.flatMap((list) => list.split(' ').filter((pid) => pid.trim() !== '')).length;
}

/** A thread may end between being listed and being looked at. */
function noSuchThread(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
  throw error;
}

/** One look every so often, until it is over. */
export async function samplesUntil(
  server: ServerProcess,
  everyMs: number,
  isOver: () => boolean,
): Promise<Sample[]> {
  const samples: Sample[] = [await sample(server)];
  for await (const _ of setInterval(everyMs)) {
    if (isOver()) break;
    samples.push(await sample(server));
  }
  return samples;
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const middle = numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  if (middle === undefined) throw new Error('There are no numbers.');
  return middle;
}

/** Medians of the first and of the second half. */
export function halves(numbers: readonly number[]): { readonly first: number; readonly second: number } {
  const half = Math.floor(numbers.length / 2);
  return { first: median(numbers.slice(0, half)), second: median(numbers.slice(half)) };
}

/** Medians of each tenth: whether something still grows, and how. */
export function tenths(numbers: readonly number[]): number[] {
  const tenth = numbers.length / 10;
  return Array.from({ length: Math.min(10, numbers.length) }, (_, at) =>
    median(
      numbers.slice(
        Math.floor(at * tenth),
        Math.max(Math.floor(at * tenth) + 1, Math.floor((at + 1) * tenth)),
      ),
    ),
  );
}
