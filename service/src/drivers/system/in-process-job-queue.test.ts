import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import type { Job } from '../../domain/job.ts';
import { createInProcessJobQueue } from './in-process-job-queue.ts';

const jobFor = (user_id: string): Job => {
  const { image_id, object_key } = sampleRecord({ user_id });
  return { kind: 'clean-up-object', image_id, object_key };
};
const JOB = jobFor('alice');
const FAILURE = new Error('broken');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A queue whose work fails as often as it is told to, and at which times it was done. */
function queueThatFails(times: number) {
  const log = recordingLog();
  const startedAt: number[] = [];
  const begin = Date.now();
  const queue = createInProcessJobQueue(async () => {
    startedAt.push(Date.now() - begin);
    if (startedAt.length <= times) throw FAILURE;
  }, log);
  return { queue, startedAt, log: log.entries };
}

describe('a job', () => {
  test('is done some while later, once', async () => {
    const { queue, startedAt, log } = queueThatFails(0);
    await queue.enqueue(JOB);
    await vi.advanceTimersByTimeAsync(SECOND - 1);
    expect(startedAt).toEqual([]);
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(startedAt).toEqual([SECOND]);
    expect(log).toEqual([]);
    expect(await queue.stop()).toBe(0);
  });

  test('is what was queued, each for itself', async () => {
    const done: Job[] = [];
    const queue = createInProcessJobQueue(async (job) => void done.push(job), recordingLog());
    const jobs = [JOB, jobFor('bob'), jobFor('carol')];
    for (const job of jobs) await queue.enqueue(job);
    await vi.advanceTimersByTimeAsync(SECOND);
    expect(done).toEqual(jobs);
  });

  test('that fails is logged and tried again, after twice as long each time', async () => {
    const { queue, startedAt, log } = queueThatFails(3);
    await queue.enqueue(JOB);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(startedAt).toEqual([SECOND, 3 * SECOND, 7 * SECOND, 15 * SECOND]);
    expect(log).toHaveLength(3);
    expect(log[0]).toMatchObject({ level: 'error', fields: { err: FAILURE, job: JOB } });
    expect(await queue.stop()).toBe(0);
  });

  test('is never given up, and waits for a minute at the most', async () => {
    const { queue, startedAt } = queueThatFails(Number.POSITIVE_INFINITY);
    await queue.enqueue(JOB);
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    const pauses = startedAt.slice(1).map((at, n) => at - (startedAt[n] ?? 0));
    expect(Math.max(...pauses)).toBe(MINUTE);
    expect(pauses.at(-1)).toBe(MINUTE);
    expect(await queue.stop()).toBe(1);
  });
});

describe('a queue that is stopped', () => {
  test('starts nothing more, and says how many jobs are left undone', async () => {
    const { queue, startedAt } = queueThatFails(0);
    await queue.enqueue(JOB);
    await queue.enqueue(jobFor('bob'));
    expect(await queue.stop()).toBe(2);
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(startedAt).toEqual([]);
  });

  test.each([
    ['succeeds: nothing is left', undefined, 0],
    ['fails: it is left, and not tried again', FAILURE, 1],
  ])('waits for what is being done, and it %s', async (_what, failure, left) => {
    const work = Promise.withResolvers<void>();
    let started = 0;
    const queue = createInProcessJobQueue(async () => {
      started++;
      await work.promise;
    }, recordingLog());
    await queue.enqueue(JOB);
    await vi.advanceTimersByTimeAsync(SECOND);
    let stopped: number | undefined;
    const stopping = queue.stop().then((undone) => {
      stopped = undone;
    });
    await vi.advanceTimersByTimeAsync(SECOND);
    expect([started, stopped]).toEqual([1, undefined]);
    if (failure) work.reject(failure);
    else work.resolve();
    await stopping;
    expect(stopped).toBe(left);
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(started).toBe(1);
  });

  test('takes no more jobs, since nobody would do them', async () => {
    const { queue, startedAt } = queueThatFails(0);
    await queue.stop();
    await expect(queue.enqueue(JOB)).rejects.toMatchObject({ code: 'unavailable' });
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(startedAt).toEqual([]);
  });
});
