import type {
  Attempt,
  IdempotencyKeys,
  KeptAnswer,
  KeyState,
  ScopedKey,
} from '../../../ports/idempotency-keys.ts';
import type { GroupCommit } from './group-commit.ts';

/** Keys in SQLite: every step is a command to the writing thread, which does one after the other. */
export class SqliteIdempotencyKeys implements IdempotencyKeys {
  readonly #commits: GroupCommit;

  constructor(commits: GroupCommit) {
    this.#commits = commits;
  }

  async begin(key: ScopedKey, attempt: Attempt, now: number): Promise<KeyState> {
    return (await this.#commits.write({ kind: 'key-begin', key, attempt, now })) as KeyState;
  }

  async answer(key: ScopedKey, attempt_id: string, answer: KeptAnswer): Promise<void> {
    await this.#commits.write({ kind: 'key-answer', key, attempt_id, answer });
  }

  async free(key: ScopedKey, attempt_id: string): Promise<void> {
    await this.#commits.write({ kind: 'key-free', key, attempt_id });
  }

  async release(key: ScopedKey, attempt_id: string): Promise<void> {
    await this.#commits.write({ kind: 'key-release', key, attempt_id });
  }
}
