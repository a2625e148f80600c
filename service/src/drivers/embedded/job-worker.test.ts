import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../../test/support/open-database.ts';
import {
  CLEAN_UP,
  FINISH,
  failing,
  heldWork,
  LOOKS_AGAIN,
  openWorker,
  processing,
  RECORD,
} from '../../../test/support/open-worker.ts';
import { TRIES_OF_A_JOB } from './job-worker.ts';

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

describe('a worker', () => {
  test('does what was queued before it was started and what comes later, at once, and once', async () => {
    const { worker, queue, begun, done, rows, log } = await openWorker();
    await queue.enqueue(processing(1));
    await settle();
    expect(begun).toEqual([]);
    worker.start();
    await settle();
    await queue.enqueue(FINISH);
    await settle();
    expect(begun).toEqual([
      { job: processing(1), attempt: { number: 1, isLast: false }, at: NOON },
      { job: FINISH, attempt: { number: 1, isLast: false }, at: NOON },
    ]);
    await pass(HOUR);
    expect(done).toEqual([processing(1), FINISH]);
    expect([rows(), log]).toEqual([[], []]);
  });

  test('does what is queued with a change of an image', async () => {
    const { worker, index, done } = await openWorker();
    worker.start();
    await index.insert(RECORD, [processing(1)]);
    await settle();
    expect(done).toEqual([processing(1)]);
  });

  test('does nothing before its time, and everything when it comes', async () => {
    const { worker, queue, done } = await openWorker();
    worker.start();
    await queue.enqueue(CLEAN_UP);
    await pass(60 * SECOND - 1);
    expect(done).toEqual([]);
    await pass(1);
    expect(done).toEqual([CLEAN_UP]);
  });

  test.each([HOUR, 10 * 365 * 24 * HOUR])(
    'does what was queued before the clock was set back by %d ms, at its start and while it runs',
    async (back) => {
      const { worker, queue, done } = await openWorker();
      await queue.enqueue(processing(1));
      await settle();
      vi.setSystemTime(NOON - back);
      worker.start();
      await settle();
      expect(done).toEqual([processing(1)]);
      await queue.enqueue(CLEAN_UP);
      await settle();
      vi.setSystemTime(NOON - 2 * back);
      await pass(LOOKS_AGAIN);
      expect(done).toEqual([processing(1), CLEAN_UP]);
    },
  );

  test('does what was queued while the clock was ahead for less than its looks are apart', async () => {
    const { worker, queue, done } = await openWorker();
    worker.start();
    await settle();
    vi.setSystemTime(NOON + HOUR * 24 * 365);
    await queue.enqueue(CLEAN_UP);
    vi.setSystemTime(NOON + 1);
    await settle();
    expect(done).toEqual([]);
    await pass(LOOKS_AGAIN);
    expect(done).toEqual([CLEAN_UP]);
  });

  test('does not wait for the time of before, where the clock is set back, to try what it could not record', async () => {
    let away = true;
    const { worker, queue, begun, done } = await openWorker({
      refuses: ({ kind }) => away && kind === 'job-finish',
    });
    worker.start();
    await queue.enqueue(processing(1));
    await settle();
    expect(done).toHaveLength(1);
    vi.setSystemTime(NOON - 10 * 365 * 24 * HOUR);
    away = false;
    await pass(3 * LOOKS_AGAIN);
    expect(begun).toHaveLength(2);
    // And not again and again meanwhile.
    await pass(HOUR);
    expect(begun).toHaveLength(2);
  });

  test('says when the clock has gone back, until that is heard, and not again', async () => {
    const told: number[] = [];
    let deaf = true;
    const onClockBack = async (now: number) => {
      told.push(now);
      if (deaf) throw new Error('the disk is away');
    };
    const { worker } = await openWorker({ onClockBack });
    worker.start();
    await settle();
    vi.setSystemTime(NOON - HOUR);
    deaf = false;
    await pass(3 * LOOKS_AGAIN);
    expect(told).toEqual([NOON, NOON - HOUR + LOOKS_AGAIN]);
    vi.setSystemTime(NOON + HOUR);
    await pass(3 * LOOKS_AGAIN);
    expect(told).toHaveLength(2);
  });

  test('does one after another, the longest due first', async () => {
    const { worker, queue, done } = await openWorker();
    for (const version of [3, 1, 2]) {
      vi.setSystemTime(NOON + version);
      await queue.enqueue(processing(version));
    }
    vi.setSystemTime(NOON + SECOND);
    worker.start();
    await settle();
    expect(done).toEqual([processing(1), processing(2), processing(3)]);
  });

  test('never does more of a kind at the same time than it may, nor fewer while there are any', async () => {
    const { work, held, most, endFirst } = heldWork();
    const concurrency = { 'process-image': 3, 'finish-upload': 2 };
    const { worker, queue, done } = await openWorker({ work, concurrency });
    worker.start();
    const jobs = Array.from({ length: 20 }, (_, n) => [processing(n + 1), FINISH]).flat();
    await Promise.all(jobs.map((job) => queue.enqueue(job)));
    await settle();
    const kinds = () => held.map(({ job }) => job.kind).sort();
    expect(kinds()).toEqual([...Array(2).fill('finish-upload'), ...Array(3).fill('process-image')]);
    for (let n = 0; n < jobs.length; n++) {
      queue.wake();
      expect(held).not.toHaveLength(0);
      endFirst();
      await settle();
    }
    expect(Object.fromEntries(most)).toEqual(concurrency);
    expect(done).toHaveLength(jobs.length);
  });

  test('gathers jobs of a kind that is to be, and begins all that have come meanwhile together', async () => {
    const options = { concurrency: { 'process-image': 4 }, gatherMs: { 'process-image': 200 } };
    const { worker, queue, begun, done } = await openWorker(options);
    worker.start();
    const times = () => begun.map(({ at }) => at - NOON);
    await queue.enqueue(processing(1));
    await settle();
    expect(times()).toEqual([0]);
    for (const version of [2, 3, 4]) {
      await pass(50);
      await queue.enqueue(processing(version));
    }
    await queue.enqueue(FINISH);
    await settle();
    expect(done).toEqual([processing(1), FINISH]);
    await pass(50);
    expect(times()).toEqual([0, 150, 200, 200, 200]);
    // Where it has been quiet nothing has to be waited for.
    await pass(SECOND);
    await queue.enqueue(processing(5));
    await settle();
    expect(times().at(-1)).toBe(200 + SECOND);
  });

  test('does what is more than it may begin at once without a pause, and does all of it', async () => {
    const { work, held, most, endFirst } = heldWork();
    const options = { work, concurrency: { 'process-image': 4 }, gatherMs: { 'process-image': 200 } };
    const { worker, queue, done } = await openWorker(options);
    const jobs = Array.from({ length: 21 }, (_, n) => processing(n + 1));
    for (const job of jobs) await queue.enqueue(job);
    worker.start();
    await settle();
    while (held.length > 0) {
      endFirst();
      await settle();
    }
    expect(done).toHaveLength(jobs.length);
    expect(most.get('process-image')).toBe(4);
    expect(Date.now()).toBe(NOON);
  });

  test('does no job twice at the same time, although it may do several, however often it is woken', async () => {
    const { work, held, endFirst } = heldWork();
    const { worker, queue, begun, rows } = await openWorker({ work, concurrency: { 'process-image': 3 } });
    worker.start();
    await queue.enqueue(processing(1));
    await queue.enqueue(processing(2));
    queue.wake();
    await pass(HOUR);
    expect(begun.map(({ job }) => job)).toEqual([processing(1), processing(2)]);
    endFirst();
    await pass(HOUR);
    expect(begun).toHaveLength(2);
    expect(held.map(({ job }) => job)).toEqual([processing(2)]);
    endFirst();
    await settle();
    expect(rows()).toEqual([]);
  });

  test('does others while those of one kind take long', async () => {
    const { worker, queue, done } = await openWorker({
      work: (job) => (job.kind === 'process-image' ? new Promise(() => {}) : Promise.resolve()),
    });
    worker.start();
    for (const job of [processing(1), processing(2), FINISH]) await queue.enqueue(job);
    await settle();
    expect(done).toEqual([FINISH]);
  });

  test('finds what another process has made due', async () => {
    const { worker, queue, path, done } = await openWorker();
    worker.start();
    await queue.enqueue(CLEAN_UP);
    const { database } = openDatabase(path);
    database.exec('UPDATE jobs SET due_at = 0');
    database.close();
    await pass(LOOKS_AGAIN);
    expect(done).toEqual([CLEAN_UP]);
  });

  test('goes on once the database can be read again', async () => {
    const { worker, queue, database, done, log } = await openWorker();
    await queue.enqueue(processing(1));
    database.exec('ALTER TABLE jobs RENAME TO away');
    worker.start();
    expect(log).toMatchObject([{ level: 'error', fields: { err: { code: 'unavailable' } } }]);
    database.exec('ALTER TABLE away RENAME TO jobs');
    await pass(LOOKS_AGAIN);
    expect(done).toEqual([processing(1)]);
    expect(log).toHaveLength(1);
  });
});

describe('a job that fails', () => {
  test('is tried again until it succeeds, and is logged each time', async () => {
    const { worker, queue, begun, done, rows, log } = await openWorker({
      lookAgainMs: HOUR,
      work: failing(3),
    });
    worker.start();
    await queue.enqueue(processing(1));
    await pass(HOUR);
    expect(begun.map(({ attempt }) => attempt.number)).toEqual([1, 2, 3, 4]);
    expect(done).toEqual([processing(1)]);
    expect(rows()).toEqual([]);
    expect(log.map(({ level, fields }) => [level, fields['attempt'], fields['job']])).toEqual(
      [1, 2, 3].map((number) => ['error', number, JSON.stringify(processing(1))]),
    );
  });

  test.each([
    [0, 0.5],
    [0.5, 0.75],
    [1 - Number.EPSILON, 1],
  ])('with the dice at %d waits %d of a pause that doubles up to an hour', async (dice, part) => {
    vi.spyOn(Math, 'random').mockReturnValue(dice);
    onTestFinished(() => void vi.restoreAllMocks());
    const { worker, queue, begun } = await openWorker({ lookAgainMs: HOUR, work: failing() });
    worker.start();
    await queue.enqueue(processing(1));
    await pass(14 * HOUR);
    const pauses = begun.slice(1).map(({ at }, n) => at - (begun[n]?.at ?? 0));
    const whole = Array.from({ length: TRIES_OF_A_JOB - 1 }, (_, n) => Math.min(SECOND * 2 ** n, HOUR));
    expect(pauses).toEqual(whole.map((pause) => Math.round(pause * part)));
  });

  test('knows which try is its last, after which it is laid aside with why', async () => {
    const { worker, queue, begun, rows, log } = await openWorker({ lookAgainMs: HOUR, work: failing() });
    worker.start();
    await queue.enqueue(processing(1));
    await pass(14 * HOUR);
    expect(begun.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: TRIES_OF_A_JOB }, (_, n) => ({
        number: n + 1,
        isLast: n + 1 === TRIES_OF_A_JOB,
      })),
    );
    expect(rows()).toEqual([{ kind: 'process-image', is_dead: 1 }]);
    expect(await queue.listDead(10)).toMatchObject([
      { job: JSON.stringify(processing(1)), tries: TRIES_OF_A_JOB, failure: 'not now' },
    ]);
    expect(log).toHaveLength(TRIES_OF_A_JOB);
  });

  test('for good is tried anew from the first where somebody wants it', async () => {
    const { worker, queue, begun, done, rows } = await openWorker({
      lookAgainMs: HOUR,
      work: failing(TRIES_OF_A_JOB),
    });
    worker.start();
    await queue.enqueue(processing(1));
    await pass(14 * HOUR);
    expect(await queue.retryDead(null)).toBe(1);
    await settle();
    expect(begun.at(-1)?.attempt).toEqual({ number: 1, isLast: false });
    expect([done, rows()]).toEqual([[processing(1)], []]);
  });

  test('holds up no other', async () => {
    const { worker, queue, done } = await openWorker({
      work: async (job) => {
        if (job.kind === 'process-image' && job.version === 1) throw new Error('never');
      },
    });
    worker.start();
    for (const version of [1, 2, 3]) await queue.enqueue(processing(version));
    await settle();
    expect(done).toEqual([processing(2), processing(3)]);
  });

  test('may fail with anything', async () => {
    const { worker, queue } = await openWorker({
      lookAgainMs: HOUR,
      work: () => Promise.reject('just a text'),
    });
    worker.start();
    await queue.enqueue(processing(1));
    await pass(14 * HOUR);
    expect(await queue.listDead(10)).toMatchObject([{ failure: 'just a text' }]);
  });

  test.each([
    ['no JSON', 'process, please'],
    ['a job without an image', '{"kind":"process-image"}'],
  ])('is also one that cannot be read: %s', async (_what, content) => {
    const { worker, queue, database, done, rows } = await openWorker({ lookAgainMs: HOUR });
    const insert = `INSERT INTO jobs (kind, content, queued_at, due_at) VALUES ('process-image', ?, 0, 0)`;
    database.prepare(insert).run(content);
    await queue.enqueue(processing(1));
    await queue.enqueue(FINISH);
    worker.start();
    await settle();
    expect(new Set(done)).toEqual(new Set([processing(1), FINISH]));
    await pass(14 * HOUR);
    expect(rows()).toEqual([{ kind: 'process-image', is_dead: 1 }]);
    expect(await queue.listDead(10)).toMatchObject([{ job: content, tries: TRIES_OF_A_JOB }]);
  });
});
