import { unavailable } from '../../domain/errors.ts';
import type { Job } from '../../domain/job.ts';
import type { JobQueue } from '../../ports/job-queue.ts';
import type { Log } from '../../ports/log.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export interface InProcessJobQueue extends JobQueue {
  /** Starts nothing more and waits for what is being done. Returns how many jobs are left undone. */
  stop(): Promise<number>;
}

/**
 * Jobs that this process does itself, again and again until each has succeeded. They do not outlive it:
 * it suits homes that find out at the next start what was left undone.
 */
export function createInProcessJobQueue(
  work: (job: Job) => Promise<void>,
  log: Log,
  firstPauseMs = FIRST_PAUSE_MS,
): InProcessJobQueue {
  const waiting = new Map<Job, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let stopped = false;
  const schedule = (job: Job, pause: number) => {
    const timer = setTimeout(() => {
      const run = attempt(job, pause).finally(() => running.delete(run));
      running.add(run);
    }, pause);
    timer.unref();
    waiting.set(job, timer);
  };
  const attempt = async (job: Job, pause: number) => {
    try {
      await work(job);
      waiting.delete(job);
    } catch (error) {
      log.error({ err: error, job }, 'a job has failed; it will be tried again');
      if (!stopped) schedule(job, Math.min(pause * 2, LONGEST_PAUSE_MS));
    }
  };
  return {
    async enqueue(job) {
      if (stopped) throw unavailable('The job queue has stopped.', undefined);
      schedule(job, firstPauseMs);
    },
    async stop() {
      stopped = true;
      for (const timer of waiting.values()) clearTimeout(timer);
      await Promise.all(running);
      return waiting.size;
    },
  };
}
