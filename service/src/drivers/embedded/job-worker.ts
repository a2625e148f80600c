import { type Attempt, JOB_KINDS, type Job, type JobKind, jobFromText } from '../../domain/job.ts';
import type { Log } from '../../ports/log.ts';
import { type KeptJob, LONGEST_PAUSE_MS, type SqliteJobQueue } from './sqlite/sqlite-job-queue.ts';

/** How often a job is tried, over some ten hours, before it is laid aside. */
export const TRIES_OF_A_JOB = 24;

const FIRST_PAUSE_MS = 1000;

const LOOK_AGAIN_MS = 5000;

/** How many jobs are looked up at once where they are done one after another. */
const BATCH = 100;

export interface JobWorker {
  start(): void;
  /** Starts nothing more and waits for what is being done; the rest is done after the next start. */
  stop(): Promise<void>;
  /** Does what is due now, one job after another, and what becomes due by it: for a process that has not started it. */
  workOff(): Promise<void>;
}

export interface JobWorkerOptions {
  readonly queue: SqliteJobQueue;
  readonly work: (job: Job, attempt: Attempt) => Promise<void>;
  /** How many jobs of a kind are done at the same time. */
  readonly concurrency: Readonly<Record<JobKind, number>>;
  /** Jobs of some kinds are gathered: while there are more, they are begun so many milliseconds apart, those due together. */
  readonly gatherMs?: Readonly<Partial<Record<JobKind, number>>>;
  readonly log: Log;
  /** Told when the machine's clock has been set back, to when; where it fails, once more. */
  readonly onClockBack?: (now: number) => Promise<void>;
  readonly now?: () => number;
  /** Jobs may also be made due by another process (`tintype jobs retry`): it is looked again so often. */
  readonly lookAgainMs?: number;
}

/**
 * Works off the jobs of this process's database. What fails is tried again after a pause that doubles, with
 * jitter; after the last try it is laid aside, for somebody to look at.
 */
export function createJobWorker({
  queue,
  work,
  concurrency,
  gatherMs = {},
  log,
  onClockBack = async () => {},
  now = Date.now,
  lookAgainMs = LOOK_AGAIN_MS,
}: JobWorkerOptions): JobWorker {
  const running = new Map<number, Promise<void>>();
  /** Jobs whose end could not be recorded, and until when they are left alone. */
  const resting = new Map<number, number>();
  const busy = new Map<JobKind, number>();
  /** When a gathered kind is to be looked at next. */
  const gatheredUntil = new Map<JobKind, number>();
  let timer: NodeJS.Timeout | undefined;
  let nextLook = Number.POSITIVE_INFINITY;
  /** The latest that the machine's clock has said since jobs were last looked for that it put off; it may be set back. */
  let latest = Number.POSITIVE_INFINITY;
  let bringing: Promise<void> | undefined;
  let state: 'idle' | 'started' | 'stopped' = 'idle';

  const attempt = async ({ id, content, tries }: KeptJob): Promise<void> => {
    const number = tries + 1;
    try {
      await work(jobFromText(content), { number, isLast: number >= TRIES_OF_A_JOB });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      log.error({ err: error, job: content, attempt: number }, 'a job has failed');
      if (number >= TRIES_OF_A_JOB) return queue.bury(id, failure);
      return queue.postpone(id, now() + pauseAfter(number), failure);
    }
    await queue.finish(id);
  };
  const run = (kept: KeptJob): void => {
    const { id, kind } = kept;
    busy.set(kind, (busy.get(kind) ?? 0) + 1);
    const done = attempt(kept)
      // The database cannot be written: the job stays due, and is done again when it can, but not at once.
      .catch((error: unknown) => {
        resting.set(id, now() + LOOK_AGAIN_MS);
        log.error({ err: error, job: kept.content }, 'the end of a job is not recorded');
      })
      .finally(() => {
        running.delete(id);
        busy.set(kind, (busy.get(kind) ?? 1) - 1);
        wake([kind]);
      });
    running.set(id, done);
  };
  const startDue = (kind: JobKind): void => {
    const free = concurrency[kind] - (busy.get(kind) ?? 0);
    if (free <= 0) return;
    for (const [id, until] of resting) if (until <= now()) resting.delete(id);
    // Those that are running or resting are still rows.
    const rows = queue.due(kind, now(), concurrency[kind] + free + resting.size);
    const due = rows.filter(({ id }) => !running.has(id) && !resting.has(id));
    // What is more than can be begun at once has been gathered long enough.
    const pause = due.length > free ? 0 : (gatherMs[kind] ?? 0);
    if (due.length > 0 && pause > 0) gatheredUntil.set(kind, now() + pause);
    for (const kept of due.slice(0, free)) run(kept);
  };
  const lookAt = (time: number): void => {
    clearTimeout(timer);
    nextLook = time;
    // A time of before the clock was set back may be years away.
    timer = setTimeout(() => lookAtAll(), Math.min(Math.max(time - now(), 1), lookAgainMs));
    timer.unref();
  };
  /**
   * Starts what is due of some kinds, and sees to it that what comes next of them is looked for in time.
   * @returns whether the jobs could be read.
   */
  const look = (kinds: readonly JobKind[]): boolean => {
    if (state !== 'started') return false;
    try {
      for (const kind of kinds) startDue(kind);
      const next = Math.min(...kinds.map((kind) => queue.nextDue(kind, now()) ?? Number.POSITIVE_INFINITY));
      if (next < nextLook) lookAt(next);
      return true;
    } catch (error) {
      log.error({ err: error }, 'the jobs cannot be read; it will be tried again');
      return false;
    }
  };
  const lookAtAll = (): void => {
    if (state !== 'started') return;
    lookAt(now() + lookAgainMs);
    const wentBack = clockWentBack();
    if (wentBack) {
      resting.clear();
      gatheredUntil.clear();
    }
    if (look(JOB_KINDS)) {
      if (wentBack) bringing = bringForward();
    } else if (wentBack) latest = Number.POSITIVE_INFINITY;
  };
  /** At the start as well, for the clock may have been set back before it. */
  const clockWentBack = (): boolean => {
    const before = latest;
    latest = now();
    return latest < before;
  };
  /** Between two looks it may have been ahead, when a job was queued, and be right again. */
  const noteClock = (): void => {
    latest = Math.max(latest, now());
  };
  const bringForward = async (): Promise<void> => {
    try {
      await onClockBack(now());
      if (await queue.bringForward(now())) look(JOB_KINDS);
    } catch (error) {
      // It is tried again at the next look.
      latest = Number.POSITIVE_INFINITY;
      log.error({ err: error }, 'what a clock that was ahead has put off cannot be brought forward now');
    }
  };
  /** Under load there is no end to it: where a kind has all that it may have, its next end looks again. */
  const wake = (kinds: readonly JobKind[]): void => {
    noteClock();
    const ready = kinds.filter((kind) => (busy.get(kind) ?? 0) < concurrency[kind] && isGathered(kind));
    if (ready.length > 0) look(ready);
  };
  /** Whether jobs of a kind may be begun now; if not, it is looked again when they may. */
  const isGathered = (kind: JobKind): boolean => {
    if (gatherMs[kind] === undefined) return true;
    const until = gatheredUntil.get(kind) ?? 0;
    if (state === 'started' && until > now() && until < nextLook) lookAt(until);
    // Those of one batch end one after the other: what follows them is begun together as well.
    return until <= now() && (busy.get(kind) ?? 0) <= concurrency[kind] / 2;
  };
  return {
    start() {
      state = 'started';
      queue.onWake(wake);
      lookAtAll();
    },
    async stop() {
      state = 'stopped';
      clearTimeout(timer);
      queue.onWake(() => {});
      await Promise.all([bringing, ...running.values()]);
    },
    async workOff() {
      await queue.bringForward(now());
      for (;;) {
        const due = JOB_KINDS.flatMap((kind) => queue.due(kind, now(), BATCH));
        if (due.length === 0) return;
        for (const kept of due) await attempt(kept);
      }
    },
  };
}

/** Doubles from a second to an hour; somewhere in the upper half, so that what failed together parts. */
function pauseAfter(tries: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return Math.round(longest * (0.5 + Math.random() / 2));
}
