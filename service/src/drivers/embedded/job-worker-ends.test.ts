import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  CLEAN_UP,
  FINISH,
  failing,
  heldWork,
  LOOKS_AGAIN,
  openWorker,
  processing,
} from '../../../test/support/open-worker.ts';
import type { Job } from '../../domain/job.ts';
import type { SqliteJobQueue } from './sqlite/sqlite-job-queue.ts';
import type { WriteCommand } from './sqlite/write-command.ts';

const NOON = Date.UTC(2026, 4, 4, 12);
const SECOND = 1000;
const HOUR = 3_600_000;

// The database works on this thread, without a pause: whatever waits, waits for one of these.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** Lets everything happen that waits for no time. */
const settle = () => pass(0);

describe('the end of a job that cannot be written down', () => {
  test.each([
    ['is logged, and the job done again after a while', failing(0), 'job-finish'],
    ['is no other if the job has failed', failing(), 'job-postpone'],
  ] as const)('%s', async (_what, work, kind) => {
    let away = true;
    const refuses = (command: WriteCommand) => away && command.kind === kind;
    const { worker, queue, begun, log, database } = await openWorker({ work, refuses });
    worker.start();
    await queue.enqueue(processing(1));
    await pass(LOOKS_AGAIN - 1);
    expect(begun).toHaveLength(1);
    expect(log.at(-1)).toMatchObject({ level: 'error', message: 'the end of a job is not recorded' });
    away = false;
    await pass(1);
    expect(begun.map(({ attempt }) => attempt.number)).toEqual([1, 1]);
    const [row] = database.prepare('SELECT tries FROM jobs').all();
    expect(row).toEqual(kind === 'job-finish' ? undefined : { tries: 1 });
  });

  test('holds up no other job meanwhile', async () => {
    const refuses = (command: WriteCommand) => command.kind === 'job-finish' && command.job === 1;
    const { worker, queue, done, rows } = await openWorker({ refuses });
    worker.start();
    for (const version of [1, 2, 3]) {
      await queue.enqueue(processing(version));
      await settle();
    }
    expect(done).toEqual([processing(1), processing(2), processing(3)]);
    expect(rows()).toHaveLength(1);
  });
});

describe('stopping', () => {
  test('waits for what is being done, and leaves the rest for the next start', async () => {
    const { work, held, endFirst } = heldWork();
    const { worker, newWorker, queue, done, rows } = await openWorker({ work });
    worker.start();
    for (const version of [1, 2]) await queue.enqueue(processing(version));
    await settle();
    let stopped = false;
    const stopping = worker.stop().then(() => {
      stopped = true;
    });
    await queue.enqueue(FINISH);
    await pass(HOUR);
    expect(stopped).toBe(false);
    endFirst();
    await stopping;
    await pass(HOUR);
    expect(done).toEqual([processing(1)]);
    expect(rows()).toEqual([
      { kind: 'process-image', is_dead: 0 },
      { kind: 'finish-upload', is_dead: 0 },
    ]);
    const next = newWorker();
    next.start();
    await settle();
    expect(held.map(({ job }) => job.kind).sort()).toEqual(['finish-upload', 'process-image']);
    for (const { end } of held) end();
    await next.stop();
    expect(rows()).toEqual([]);
  });

  test('where nothing is being done is done at once, also twice, also before any start', async () => {
    const { worker, newWorker } = await openWorker();
    await newWorker().stop();
    worker.start();
    await Promise.all([worker.stop(), worker.stop()]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a job that is being done when the process ends', () => {
  test('is done again by the next, with no try counted', async () => {
    const { work, held } = heldWork();
    const { worker, newWorker, queue, begun } = await openWorker({ work });
    worker.start();
    await queue.enqueue(processing(1));
    await settle();
    // As good as killed: it never comes to an end, and nothing is written of it.
    void worker.stop();
    const next = newWorker();
    next.start();
    await settle();
    expect(held).toHaveLength(2);
    expect(begun.map(({ attempt }) => attempt.number)).toEqual([1, 1]);
    await settle();
    void next.stop();
  });
});

describe('working off', () => {
  test('does all that is due and what becomes due by it, one at a time, and nothing that is not due', async () => {
    let going = 0;
    let queued: SqliteJobQueue | undefined;
    const work = async (job: Job) => {
      expect(++going).toBe(1);
      if (job.kind === 'process-image' && job.version === 1) await queued?.enqueue(FINISH);
      await Promise.resolve();
      going--;
    };
    const { worker, queue, done, rows } = await openWorker({ work });
    queued = queue;
    const jobs = Array.from({ length: 250 }, (_, n) => processing(n + 1));
    for (const job of [...jobs, CLEAN_UP]) await queue.enqueue(job);
    await worker.workOff();
    expect(done).toHaveLength(251);
    expect(done.filter(({ kind }) => kind === 'process-image')).toEqual(jobs);
    expect(rows()).toEqual([{ kind: 'clean-up-object', is_dead: 0 }]);
  });

  test('tries what fails once, and leaves it for later', async () => {
    const { worker, queue, begun } = await openWorker({ work: failing() });
    await queue.enqueue(processing(1));
    await worker.workOff();
    expect(begun).toHaveLength(1);
    await worker.workOff();
    expect(begun).toHaveLength(1);
    await pass(SECOND);
    await worker.workOff();
    expect(begun.map(({ attempt }) => attempt.number)).toEqual([1, 2]);
  });

  test('fails where the end of a job cannot be written down', async () => {
    const refuses = (command: WriteCommand) => command.kind === 'job-finish';
    const { worker, queue } = await openWorker({ refuses });
    await queue.enqueue(processing(1));
    await expect(worker.workOff()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
