import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../../test/support/silent-log.ts';
import { JOB_KINDS, type Job, type JobKind, jobFromText } from '../../../domain/job.ts';
import { openStorage } from '../open-storage.ts';
import { SqliteImageIndex } from './sqlite-image-index.ts';
import { SqliteJobQueue } from './sqlite-job-queue.ts';

/** When everything here is queued, unless the clock has been set forward. */
const NOON = Date.UTC(2026, 4, 4, 12);

const RECORD = sampleRecord();
const { image_id } = RECORD;
const processing = (version: number): Job => ({ kind: 'process-image', image_id, version });

const JOBS: readonly Job[] = [
  { kind: 'clean-up-object', image_id, object_key: RECORD.object_key },
  { kind: 'finish-upload', image_id, upload_key: `.uploads/alice/${image_id}` },
  processing(1),
];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A queue in an empty database of its own, all on this thread. */
function openQueue() {
  const { database, commits } = openDatabase();
  const queue = new SqliteJobQueue(database, commits);
  return { database, queue, index: new SqliteImageIndex(database, commits, queue) };
}

const jobsDue = (queue: SqliteJobQueue, kind: JobKind, now: number, limit = 1000) =>
  queue.due(kind, now, limit).map(({ content }) => jobFromText(content));

/** Its row's number, which is known once it is due. */
function idOf(queue: SqliteJobQueue, job: Job): number {
  const rows = queue.due(job.kind, Number.MAX_SAFE_INTEGER, 1000);
  const found = rows.find(({ content }) => content === JSON.stringify(job));
  if (!found) throw new Error('The job is not in the queue.');
  return found.id;
}

async function bury(queue: SqliteJobQueue, job: Job, failure: string): Promise<string> {
  await queue.enqueue(job);
  const id = idOf(queue, job);
  await queue.bury(id, failure);
  return String(id);
}

describe('the state of a queue', () => {
  test('of an empty one is nothing', () => {
    expect(openQueue().queue.state()).toEqual([]);
  });

  test('is by kind, and says since when the oldest has waited; what is laid aside does not wait', async () => {
    const { queue } = openQueue();
    await queue.enqueue(processing(1));
    vi.setSystemTime(NOON + 5000);
    for (const version of [2, 3]) await queue.enqueue(processing(version));
    await queue.postpone(idOf(queue, processing(3)), NOON + 60_000, 'not now');
    await bury(queue, { kind: 'withdraw-image', image_id, user_id: 'alice', object_keys: [] }, 'never');
    expect(queue.state()).toEqual([
      { kind: 'process-image', waiting: 3, retried: 1, dead: 0, oldest: NOON },
      { kind: 'withdraw-image', waiting: 0, retried: 0, dead: 1, oldest: null },
    ]);
    await queue.finish(idOf(queue, processing(1)));
    expect(queue.state()[0]).toMatchObject({ waiting: 2, oldest: NOON + 5000 });
  });
});

describe('a job that is queued', () => {
  test.each(JOBS)('comes back as it was, never tried, to its own kind alone: $kind', async (job) => {
    const { queue } = openQueue();
    await queue.enqueue(job);
    for (const kind of JOB_KINDS) {
      const found = queue.due(kind, NOON + 60_000, 10);
      const kept = { id: expect.any(Number), kind, content: JSON.stringify(job), tries: 0 };
      expect(found, kind).toEqual(kind === job.kind ? [kept] : []);
    }
  });

  test.each([
    [JOBS[0], 60_000],
    [JOBS[1], 0],
    [JOBS[2], 0],
  ])('is due after the delay of its kind, and not before: %j', async (job = processing(1), delay) => {
    const { queue } = openQueue();
    await queue.enqueue(job);
    expect(jobsDue(queue, job.kind, NOON + delay - 1)).toEqual([]);
    expect(jobsDue(queue, job.kind, NOON + delay)).toEqual([job]);
    expect(queue.nextDue(job.kind, NOON + delay - 1)).toBe(NOON + delay);
    expect(queue.nextDue(job.kind, NOON + delay)).toBeUndefined();
  });

  test('comes with many others at the same time, and none is lost', async () => {
    const { queue } = openQueue();
    const jobs = Array.from({ length: 600 }, (_, n) => processing(n + 1));
    await Promise.all(jobs.map((job) => queue.enqueue(job)));
    expect(jobsDue(queue, 'process-image', NOON)).toEqual(jobs);
  });

  test('is there after the folder has been closed and opened again', async () => {
    await using folder = await scratchFolder();
    const first = await openStorage(folder.path, silentLog);
    for (const job of JOBS) await first.jobs.enqueue(job);
    const again = sampleRecord();
    await first.index.insert(again, [{ kind: 'process-image', image_id: again.image_id, version: 1 }]);
    await first.close();
    const second = await openStorage(folder.path, silentLog);
    const found = JOB_KINDS.flatMap((kind) => jobsDue(second.jobs, kind, NOON + 60_000));
    await second.close();
    expect(found).toEqual([...JOBS, { kind: 'process-image', image_id: again.image_id, version: 1 }]);
  });

  test('but not taken by the database is `unavailable`', async () => {
    const { queue, database } = openQueue();
    database.exec('DROP TABLE jobs');
    await expect(queue.enqueue(processing(1))).rejects.toMatchObject({ code: 'unavailable' });
    expect(() => queue.due('process-image', NOON, 1)).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });
});

describe('jobs that are due', () => {
  test('come in the order of their times, of one time in the order of queueing, up to a limit', async () => {
    const { queue } = openQueue();
    for (const [version, seconds] of [
      [1, 30],
      [2, 10],
      [3, 20],
      [4, 10],
    ] as const) {
      vi.setSystemTime(NOON + seconds * 1000);
      await queue.enqueue(processing(version));
    }
    const versions = (limit: number) =>
      jobsDue(queue, 'process-image', NOON + 30_000, limit).map((job) => 'version' in job && job.version);
    expect(versions(10)).toEqual([2, 4, 3, 1]);
    expect(versions(3)).toEqual([2, 4, 3]);
    expect(queue.nextDue('process-image', NOON)).toBe(NOON + 10_000);
    expect(queue.nextDue('process-image', NOON + 10_000)).toBe(NOON + 20_000);
  });

  test('are found along an index, however many are queued', () => {
    const { database } = openQueue();
    const plan = database
      .prepare(
        `EXPLAIN QUERY PLAN SELECT job, content, tries FROM jobs
         WHERE is_dead = 0 AND kind = ? AND due_at <= ? ORDER BY due_at, job LIMIT ?`,
      )
      .all('process-image', NOON, 10)
      .map((row) => String(row['detail']));
    expect(plan).toEqual(['SEARCH jobs USING INDEX jobs_due (kind=? AND due_at<?)']);
  });

  test('are no more what has been finished', async () => {
    const { queue } = openQueue();
    await queue.enqueue(processing(1));
    await queue.enqueue(processing(2));
    await queue.finish(idOf(queue, processing(1)));
    expect(jobsDue(queue, 'process-image', NOON)).toEqual([processing(2)]);
    expect(await queue.listDead(10)).toEqual([]);
  });

  test('are what has been postponed when its time comes, with one try more', async () => {
    const { queue } = openQueue();
    await queue.enqueue(processing(1));
    const id = idOf(queue, processing(1));
    for (const tries of [1, 2, 3]) {
      await queue.postpone(id, NOON + tries * 1000, 'not yet');
      expect(queue.due('process-image', NOON + tries * 1000 - 1, 1)).toEqual([]);
      expect(queue.due('process-image', NOON + tries * 1000, 1)).toMatchObject([{ id, tries }]);
    }
  });

  test('are not those of a kind that this release does not know: they stay where they are', async () => {
    const { queue, database } = openQueue();
    database.exec(`INSERT INTO jobs (kind, content, queued_at, due_at) VALUES ('send-flowers', '{}', 0, 0)`);
    await queue.enqueue(processing(1));
    expect(JOB_KINDS.flatMap((kind) => jobsDue(queue, kind, NOON))).toEqual([processing(1)]);
    expect(database.prepare('SELECT kind FROM jobs WHERE due_at = 0').all()).toEqual([
      { kind: 'send-flowers' },
    ]);
  });
});

describe('a job that has failed for good', () => {
  test('is due no more, and listed with what is known of it', async () => {
    const { queue } = openQueue();
    await queue.enqueue(processing(1));
    const id = idOf(queue, processing(1));
    await queue.postpone(id, NOON, 'for the first time');
    await queue.bury(id, "it's broken 🦅");
    const later = NOON + 365 * 24 * 3_600_000;
    expect(jobsDue(queue, 'process-image', later)).toEqual([]);
    expect(queue.nextDue('process-image', 0)).toBeUndefined();
    const listed = {
      id: String(id),
      job: JSON.stringify(processing(1)),
      queued_at: '2026-05-04T12:00:00.000Z',
      tries: 2,
      failure: "it's broken 🦅",
    };
    expect(await queue.listDead(10)).toEqual([listed]);
    // Listing takes nothing away.
    expect(await queue.listDead(10)).toEqual([listed]);
  });

  test('is listed with others up to a limit, also of a kind or a content that nobody knows', async () => {
    const { queue, database } = openQueue();
    await bury(queue, processing(1), 'x');
    database.exec(
      `INSERT INTO jobs (kind, content, queued_at, due_at, is_dead) VALUES ('send-flowers', 'roses', 0, 0, 1)`,
    );
    expect((await queue.listDead(10)).map(({ job, failure }) => [job, failure])).toEqual([
      [JSON.stringify(processing(1)), 'x'],
      ['roses', null],
    ]);
    expect(await queue.listDead(1)).toHaveLength(1);
  });

  test('keeps of a long failure its beginning', async () => {
    const { queue } = openQueue();
    await bury(queue, processing(1), 'x'.repeat(100_000));
    expect((await queue.listDead(1))[0]?.failure).toBe('x'.repeat(500));
  });

  test('is tried again where somebody wants it, as if never tried, and the others stay', async () => {
    const { queue } = openQueue();
    const id = await bury(queue, processing(1), 'x');
    await bury(queue, processing(2), 'y');
    vi.setSystemTime(NOON + 3_600_000);
    expect(await queue.retryDead(id)).toBe(1);
    expect(jobsDue(queue, 'process-image', NOON + 3_599_999)).toEqual([]);
    expect(queue.due('process-image', NOON + 3_600_000, 10)).toMatchObject([{ id: Number(id), tries: 0 }]);
    expect((await queue.listDead(10)).map(({ job }) => job)).toEqual([JSON.stringify(processing(2))]);
    expect(await queue.retryDead(id)).toBe(0);
  });

  test('is tried again with all others where all are wanted', async () => {
    const { queue } = openQueue();
    for (const job of JOBS) await bury(queue, job, 'x');
    expect(await queue.retryDead(null)).toBe(3);
    expect(JOB_KINDS.flatMap((kind) => jobsDue(queue, kind, NOON))).toEqual(JOBS);
    expect(await queue.listDead(10)).toEqual([]);
    expect(await queue.retryDead(null)).toBe(0);
  });

  test.each(['999', '', 'all', '1.5', '1; DROP TABLE jobs', '-1', 'null', '1e400'])(
    'is not what is called %j',
    async (id) => {
      const { queue } = openQueue();
      await bury(queue, processing(1), 'x');
      expect(await queue.retryDead(id)).toBe(0);
      expect(await queue.listDead(10)).toHaveLength(1);
    },
  );

  test('is told from one that waits for its next try', async () => {
    const { queue } = openQueue();
    await queue.enqueue(processing(1));
    const id = idOf(queue, processing(1));
    await queue.postpone(id, NOON + 60_000, 'not yet');
    expect(await queue.retryDead(String(id))).toBe(0);
    expect(await queue.retryDead(null)).toBe(0);
    expect(queue.nextDue('process-image', NOON)).toBe(NOON + 60_000);
  });
});

describe('whoever works off the jobs is woken', () => {
  /** What is due at each waking. */
  function wakings(queue: SqliteJobQueue) {
    const seen: (readonly Job[])[] = [];
    queue.onWake(() => void seen.push(jobsDue(queue, 'process-image', NOON)));
    return seen;
  }

  test('by a job, once it can be seen', async () => {
    const { queue } = openQueue();
    const seen = wakings(queue);
    await queue.enqueue(processing(1));
    expect(seen).toEqual([[processing(1)]]);
  });

  test('by a change of an image with jobs, and not by one without', async () => {
    const { queue, index } = openQueue();
    const seen = wakings(queue);
    await index.insert(RECORD);
    expect(seen).toEqual([]);
    await index.replace(RECORD, { ...RECORD, revision: 2 }, [processing(1)]);
    expect(seen).toEqual([[processing(1)]]);
    await index.remove({ ...RECORD, revision: 2 }, [processing(2)]);
    expect(seen).toHaveLength(2);
  });

  test('not by what is refused', async () => {
    const { queue, index } = openQueue();
    const seen = wakings(queue);
    await expect(index.remove(RECORD, [processing(1)])).rejects.toMatchObject({ code: 'not_found' });
    expect(seen).toEqual([]);
  });

  test('by dead jobs that are to be tried again', async () => {
    const { queue } = openQueue();
    await bury(queue, processing(1), 'x');
    const seen = wakings(queue);
    await queue.retryDead(null);
    expect(seen).toEqual([[processing(1)]]);
  });

  test('and of several, the last that asked for it', async () => {
    const { queue } = openQueue();
    const [first, second] = [wakings(queue), wakings(queue)];
    await queue.enqueue(processing(1));
    expect([first.length, second.length]).toEqual([0, 1]);
  });
});

test('jobs of an index that nobody works for are written all the same', async () => {
  const { database, commits } = openDatabase();
  await new SqliteImageIndex(database, commits).insert(RECORD, [processing(1)]);
  expect(jobsDue(new SqliteJobQueue(database, commits), 'process-image', NOON)).toEqual([processing(1)]);
});
