import type { DatabaseSync } from 'node:sqlite';
import { delayOf, JOB_KINDS, type Job, type JobKind } from '../../../domain/job.ts';
import type { DeadJob, DeadJobs } from '../../../ports/dead-jobs.ts';
import type { JobQueue } from '../../../ports/job-queue.ts';
import type { GroupCommit } from './group-commit.ts';
import { isoTime } from './image-row.ts';
import { FAR_OFF, type JobToAdd } from './job-writer.ts';
import { Statements } from './statements.ts';
import { databaseFailure } from './write-batch.ts';

/** A job that is to be done. */
export interface KeptJob {
  readonly id: number;
  readonly kind: JobKind;
  /** As JSON. One that cannot be read is a failure of that job, and holds up no other. */
  readonly content: string;
  /** How often it has been tried before. */
  readonly tries: number;
}

/** How many jobs of a kind there are, and how they are. */
export interface QueueState {
  /** Also one that this release does not know. */
  readonly kind: string;
  /** To be done, now or when they become due. */
  readonly waiting: number;
  /** Of those, how many have failed before. */
  readonly retried: number;
  readonly dead: number;
  /** When the one that has waited longest was queued, in milliseconds since 1970; null where none waits. */
  readonly oldest: number | null;
}

/** No job waits longer for its first try, and none for another. */
const LONGEST_DELAY_MS = 60_000;
export const LONGEST_PAUSE_MS = 3_600_000;

/** Text of a failure that is kept with its job. */
const LONGEST_FAILURE = 500;

/** Jobs as rows beside the records that they are about. Whoever works them off is woken when there is one. */
export class SqliteJobQueue implements JobQueue, DeadJobs {
  readonly #reader: Statements;
  readonly #commits: GroupCommit;
  #onWake: (kinds: readonly JobKind[]) => void = () => {};

  constructor(reader: DatabaseSync, commits: GroupCommit) {
    this.#reader = new Statements(reader);
    this.#commits = commits;
  }

  async enqueue(job: Job): Promise<void> {
    await this.#commits.write({ kind: 'job-add', job: rowOfJob(job) });
    this.wake([job.kind]);
  }

  /** Says that there may be something to do of these kinds. */
  wake(kinds: readonly JobKind[] = JOB_KINDS): void {
    this.#onWake(kinds);
  }

  /** @param wake called when jobs of some kinds have been queued; of several, the last one counts. */
  onWake(wake: (kinds: readonly JobKind[]) => void): void {
    this.#onWake = wake;
  }

  /** Up to `limit` jobs of a kind that are due, the longest due first. */
  due(kind: JobKind, now: number, limit: number): KeptJob[] {
    const rows = this.#all(
      `SELECT job, content, tries FROM jobs WHERE is_dead = 0 AND kind = ? AND due_at <= ?
       ORDER BY due_at, job LIMIT ?`,
      kind,
      now,
      limit,
    );
    return rows.map(({ job, content, tries }) => ({
      id: Number(job),
      kind,
      content: String(content),
      tries: Number(tries),
    }));
  }

  /** When the next job of a kind is due after `now`, in milliseconds since 1970. */
  nextDue(kind: JobKind, now: number): number | undefined {
    const [row] = this.#all(
      'SELECT min(due_at) AS due_at FROM jobs WHERE is_dead = 0 AND kind = ? AND due_at > ?',
      kind,
      now,
    );
    return typeof row?.['due_at'] === 'number' ? row['due_at'] : undefined;
  }

  /**
   * Has jobs due now that were queued, or tried, when the clock of the machine was far ahead of where it is now: by
   * it they would wait until it is there again.
   * @returns whether there were any.
   */
  async bringForward(now: number): Promise<boolean> {
    const [untried_after, tried_after] = [now + LONGEST_DELAY_MS, now + LONGEST_PAUSE_MS];
    const found = this.#all(`SELECT 1 FROM jobs WHERE ${FAR_OFF} LIMIT 1`, untried_after, tried_after);
    if (found.length === 0) return false;
    await this.#commits.write({ kind: 'job-bring-forward', untried_after, tried_after, due_at: now });
    return true;
  }

  async finish(id: number): Promise<void> {
    await this.#commits.write({ kind: 'job-finish', job: id });
  }

  async postpone(id: number, due_at: number, failure: string): Promise<void> {
    const cut = failure.slice(0, LONGEST_FAILURE);
    await this.#commits.write({ kind: 'job-postpone', job: id, due_at, failure: cut });
  }

  async bury(id: number, failure: string): Promise<void> {
    await this.#commits.write({ kind: 'job-bury', job: id, failure: failure.slice(0, LONGEST_FAILURE) });
  }

  /** The jobs there are, by kind; of a kind that has none nothing is said. */
  state(): QueueState[] {
    const rows = this.#all(
      `SELECT kind, sum(is_dead = 0) AS waiting, sum(is_dead = 0 AND tries > 0) AS retried, sum(is_dead) AS dead,
         min(CASE WHEN is_dead = 0 THEN queued_at END) AS oldest
       FROM jobs GROUP BY kind`,
    );
    return rows.map(({ kind, waiting, retried, dead, oldest }) => ({
      kind: String(kind),
      waiting: Number(waiting),
      retried: Number(retried),
      dead: Number(dead),
      oldest: oldest === null ? null : Number(oldest),
    }));
  }

  async listDead(limit: number): Promise<DeadJob[]> {
    const sql = `SELECT job, content, queued_at, tries, failure FROM jobs WHERE is_dead = 1 ORDER BY job LIMIT ?`;
    return this.#all(sql, limit).map(({ job, content, queued_at, tries, failure }) => ({
      id: String(job),
      job: String(content),
      queued_at: isoTime(Number(queued_at)),
      tries: Number(tries),
      failure: failure === null ? null : String(failure),
    }));
  }

  async retryDead(id: string | null): Promise<number> {
    const job = id === null ? null : Number(id);
    if (job !== null && !Number.isSafeInteger(job)) return 0;
    const count = await this.#commits.write({ kind: 'job-retry', job, due_at: Date.now() });
    this.wake();
    return Number(count);
  }

  #all(sql: string, ...values: (string | number)[]) {
    try {
      return this.#reader.get(sql).all(...values);
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}

/** A job as its row begins. */
export function rowOfJob(job: Job): JobToAdd {
  const now = Date.now();
  const content = JSON.stringify(job);
  return { kind: job.kind, content, queued_at: now, due_at: now + delayOf(job) * 1000 };
}
