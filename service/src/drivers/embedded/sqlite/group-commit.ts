import { DomainError } from '../../../domain/errors.ts';
import type { WriteOutcome } from './write-batch.ts';
import type { WriteCommand } from './write-command.ts';

/** Bounds how long one transaction holds up those that come after. */
const LARGEST_BATCH = 256;

interface Waiting {
  readonly command: WriteCommand;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent writes share commits: while one batch is being committed the next one gathers. A write
 * that comes alone is committed at once.
 */
export class GroupCommit {
  readonly #commit: (commands: readonly WriteCommand[]) => Promise<readonly WriteOutcome[]>;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(commit: (commands: readonly WriteCommand[]) => Promise<readonly WriteOutcome[]>) {
    this.#commit = commit;
  }

  /** Resolves, with what the command answers, when the change is on stable storage. */
  write(command: WriteCommand): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that was asked for so far has been committed or has failed. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, LARGEST_BATCH);
      this.#waiting = this.#waiting.slice(LARGEST_BATCH);
      await this.#commitBatch(batch);
    }
    this.#running = undefined;
  }

  async #commitBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#commit(batch.map(({ command }) => command));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome?.ok) resolve(outcome.value);
        else reject(errorOf(outcome));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function errorOf(outcome: Exclude<WriteOutcome, { ok: true }> | undefined): DomainError {
  if (!outcome) return new DomainError('internal', 'A write was lost without an answer.');
  return new DomainError(outcome.code, outcome.message, { cause: outcome.cause });
}
