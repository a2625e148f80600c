import type { DatabaseSync } from 'node:sqlite';
import type { JobKind } from '../../../domain/job.ts';
import { Statements } from './statements.ts';

/** A job as its row begins: times are milliseconds since 1970. */
export interface JobToAdd {
  readonly kind: JobKind;
  /** The job, as JSON. */
  readonly content: string;
  readonly queued_at: number;
  readonly due_at: number;
}

/** A change of the table of jobs as plain data. */
export type JobCommand =
  | { readonly kind: 'job-add'; readonly job: JobToAdd }
  | { readonly kind: 'job-finish'; readonly job: number }
  | { readonly kind: 'job-postpone'; readonly job: number; readonly due_at: number; readonly failure: string }
  /** It has failed for good: it is kept, and not tried again until somebody wants it. */
  | { readonly kind: 'job-bury'; readonly job: number; readonly failure: string }
  /** Dead jobs become due again: one, or all. Answers how many. */
  | { readonly kind: 'job-retry'; readonly job: number | null; readonly due_at: number }
  | ({ readonly kind: 'job-bring-forward' } & FarOff);

/** Jobs that are due later than any can be: never tried and due after the one, or tried and due after the other. */
export interface FarOff {
  readonly untried_after: number;
  readonly tried_after: number;
  /** When they are due instead. */
  readonly due_at: number;
}

/** Which rows those are. */
export const FAR_OFF = 'is_dead = 0 AND due_at > ? AND (tries = 0 OR due_at > ?)';

export function isJobCommand(command: { readonly kind: string }): command is JobCommand {
  return command.kind.startsWith('job-');
}

/** Applies changes of jobs within a transaction that somebody else opens and commits. */
export class JobWriter {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  apply(command: JobCommand): number | undefined {
    if (command.kind === 'job-add') return this.add(command.job);
    if (command.kind === 'job-retry') return this.#retry(command.job, command.due_at);
    if (command.kind === 'job-bring-forward') return this.#bringForward(command);
    if (command.kind === 'job-finish')
      this.#statements.get('DELETE FROM jobs WHERE job = ?').run(command.job);
    else if (command.kind === 'job-postpone') {
      const sql = 'UPDATE jobs SET tries = tries + 1, due_at = ?, failure = ? WHERE job = ?';
      this.#statements.get(sql).run(command.due_at, command.failure, command.job);
    } else {
      const sql = 'UPDATE jobs SET tries = tries + 1, is_dead = 1, failure = ? WHERE job = ?';
      this.#statements.get(sql).run(command.failure, command.job);
    }
    return undefined;
  }

  add({ kind, content, queued_at, due_at }: JobToAdd): undefined {
    const sql = 'INSERT INTO jobs (kind, content, queued_at, due_at) VALUES (?, ?, ?, ?)';
    this.#statements.get(sql).run(kind, content, queued_at, due_at);
  }

  #retry(job: number | null, dueAt: number): number {
    const sql = `UPDATE jobs SET is_dead = 0, tries = 0, due_at = ? WHERE is_dead = 1 AND (? IS NULL OR job = ?)`;
    return Number(this.#statements.get(sql).run(dueAt, job, job).changes);
  }

  #bringForward({ untried_after, tried_after, due_at }: FarOff): undefined {
    const sql = `UPDATE jobs SET due_at = ? WHERE ${FAR_OFF}`;
    this.#statements.get(sql).run(due_at, untried_after, tried_after);
  }
}
