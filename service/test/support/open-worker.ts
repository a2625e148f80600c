import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { unavailable } from '../../src/domain/errors.ts';
import { type Attempt, JOB_KINDS, type Job, type JobKind } from '../../src/domain/job.ts';
import { createJobWorker } from '../../src/drivers/embedded/job-worker.ts';
import { GroupCommit } from '../../src/drivers/embedded/sqlite/group-commit.ts';
import { SqliteImageIndex } from '../../src/drivers/embedded/sqlite/sqlite-image-index.ts';
import { SqliteJobQueue } from '../../src/drivers/embedded/sqlite/sqlite-job-queue.ts';
import { writeBatch } from '../../src/drivers/embedded/sqlite/write-batch.ts';
import type { WriteCommand } from '../../src/drivers/embedded/sqlite/write-command.ts';
import { openDatabase } from './open-database.ts';
import { recordingLog } from './recording-log.ts';
import { sampleRecord } from './sample-record.ts';
import { scratchFolder } from './scratch-folder.ts';

/** The image that all jobs are about. */
export const RECORD = sampleRecord();
const { image_id, object_key } = RECORD;
export const processing = (version: number): Job => ({ kind: 'process-image', image_id, version });
export const CLEAN_UP: Job = { kind: 'clean-up-object', image_id, object_key };
export const FINISH: Job = { kind: 'finish-upload', image_id, upload_key: `.uploads/alice/${image_id}` };

/** What a worker may do at the same time unless a test says otherwise. */
const ONE_OF_EACH = Object.fromEntries(JOB_KINDS.map((kind) => [kind, 1])) as Record<JobKind, number>;

/** How often a worker looks whether anything has become due that it was not woken for. */
export const LOOKS_AGAIN = 5000;

export interface WorkerOptions {
  readonly work?: (job: Job, attempt: Attempt) => Promise<void>;
  readonly concurrency?: Partial<Record<JobKind, number>>;
  readonly gatherMs?: Partial<Record<JobKind, number>>;
  readonly lookAgainMs?: number;
  readonly onClockBack?: (now: number) => Promise<void>;
  /** Which changes of the database fail. */
  readonly refuses?: (command: WriteCommand) => boolean;
}

/**
 * A worker, not started, at a new database, and what it was asked to do, when, and for the how manieth time.
 * The database works on this thread, so that under fake timers nothing waits for anything else.
 */
export async function openWorker({
  work,
  concurrency,
  gatherMs = {},
  lookAgainMs = LOOKS_AGAIN,
  onClockBack = async () => {},
  refuses = () => false,
}: WorkerOptions = {}) {
  const folder = await scratchFolder();
  const path = join(folder.path, 'index.db');
  const { database, writer } = openDatabase(path);
  const commits = new GroupCommit(async (commands) => {
    if (commands.some(refuses)) throw unavailable('The disk is away.', new Error('EIO'));
    return writeBatch(database, writer, commands);
  });
  const queue = new SqliteJobQueue(database, commits);
  const log = recordingLog();
  const begun: { job: Job; attempt: Attempt; at: number }[] = [];
  const done: Job[] = [];
  const newWorker = () =>
    createJobWorker({
      queue,
      async work(job, attempt) {
        begun.push({ job, attempt, at: Date.now() });
        await work?.(job, attempt);
        done.push(job);
      },
      concurrency: { ...ONE_OF_EACH, ...concurrency },
      gatherMs,
      log,
      lookAgainMs,
      onClockBack,
    });
  const worker = newWorker();
  onTestFinished(async () => {
    // Of a test whose work never ends.
    void worker.stop();
    database.close();
    await folder.remove();
  });
  const rows = () => database.prepare('SELECT kind, is_dead FROM jobs ORDER BY job').all();
  const index = new SqliteImageIndex(database, commits, queue);
  return { path, database, index, queue, worker, newWorker, log: log.entries, begun, done, rows };
}

/** Work that goes on until the test ends it, and the most of each kind that went on at the same time. */
export function heldWork() {
  const held: { job: Job; end: () => void }[] = [];
  const most = new Map<JobKind, number>();
  const work = async (job: Job) => {
    const end = Promise.withResolvers<void>();
    held.push({ job, end: end.resolve });
    const now = held.filter(({ job: { kind } }) => kind === job.kind).length;
    most.set(job.kind, Math.max(most.get(job.kind) ?? 0, now));
    await end.promise;
  };
  const endFirst = () => held.shift()?.end();
  return { held, most, work, endFirst };
}

/** Work that fails so many times. */
export const failing = (times = Number.POSITIVE_INFINITY) => {
  let left = times;
  return async () => {
    if (left-- > 0) throw new Error('not now');
  };
};
