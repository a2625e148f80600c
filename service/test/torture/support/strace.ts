import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { skip } from './torture.ts';

/** Ends a test as skipped, and says why, where system calls cannot be watched. */
export function needsStrace(context: TestContext): void {
  const tried = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true'], { encoding: 'utf8' });
  if (tried.error) skip(context, 'there is no strace on this machine');
  if (tried.status !== 0) skip(context, `strace may not watch processes here: ${tried.stderr.trim()}`);
}

/** The calls by which bytes, entries and records come to the disk. */
export const CALLS = [
  'openat',
  'write',
  'writev',
  'pwrite64',
  'fsync',
  'fdatasync',
  'rename',
  'link',
  'unlink',
  'mkdir',
] as const;
export type Call = (typeof CALLS)[number];

/** One thread for all files, so that a call's number says which it is; set in the server's environment. */
export const ONE_FILE_THREAD = { UV_THREADPOOL_SIZE: '1' };

/**
 * The threads of a server that write: libuv's, for files, and the one that has the database. Calls of others, such as
 * those on sockets, are not watched: they are no part of what a disk may do.
 */
function writingThreads(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .filter((thread) => {
      const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
      return name === 'libuv-worker' || name === 'WorkerThread';
    })
    .map(Number);
}

export interface Watched {
  /** Lets go of the process; resolves with what was called, a line each. */
  end(): Promise<string[]>;
}

/**
 * Watches a server's writing threads from now on, and does to a call what strace's `inject` says, such as
 * `fsync:error=EIO:when=2`; `when` counts for each thread.
 */
export async function watchCalls(pid: number, inject?: string): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'tintype-test-'));
  const output = join(folder, 'calls');
  const threads = writingThreads(pid);
  if (threads.length < 2) throw new Error(`Process ${pid} has only ${threads.length} threads that write.`);
  const child = spawn('strace', [
    ...['-e', `trace=${CALLS.join(',')}`, '-s', '0', '-o', output],
    ...(inject === undefined ? [] : ['-e', `inject=${inject}`]),
    ...threads.flatMap((thread) => ['-p', String(thread)]),
  ]);
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.split(' attached').length > threads.length) resolve();
    });
    ended.then(() => reject(new Error(`strace has ended: ${said}`)), reject);
  });
  return {
    async end() {
      child.kill('SIGINT');
      await ended;
      return readFileSync(output, 'utf8').split('\n').filter(Boolean);
    },
  };
}

/** How often each call was made, by the thread that made most of them: as `when` counts. */
export function countCalls(lines: readonly string[]): Map<Call, number> {
  const counts = new Map<string, number>();
  const most = new Map<Call, number>();
  for (const line of lines) {
    const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    const call = CALLS.find((known) => known === name);
    if (!call) continue;
    const count = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, count);
    most.set(call, Math.max(count, most.get(call) ?? 0));
  }
  return most;
}

/** At most so many numbers from 1 to `last`, the first and the last among them. */
export function spread(last: number, most: number): number[] {
  if (last <= most) return Array.from({ length: last }, (_, at) => at + 1);
  const step = (last - 1) / Math.max(1, most - 1);
  return [...new Set(Array.from({ length: most }, (_, at) => Math.round(1 + at * step)))];
}
