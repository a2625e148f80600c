import type { DatabaseSync } from 'node:sqlite';
import type { OwnLimits, QuotaAmount } from '../../../domain/quota.ts';

/** A change of what is known of users as plain data. Their counts change with the records (image-writer.ts). */
export type QuotaCommand =
  | { readonly kind: 'quota-limit'; readonly user_id: string; readonly limits: OwnLimits }
  | {
      readonly kind: 'quota-correct';
      readonly user_id: string;
      readonly seen: QuotaAmount;
      readonly counted: QuotaAmount;
    };

export function isQuotaCommand(command: { readonly kind: string }): command is QuotaCommand {
  return command.kind.startsWith('quota-');
}

/** How the tables say "without a limit"; that nothing is set is NULL. */
const UNLIMITED = -1;

/** Applies changes of users' limits and counts within a transaction that somebody else opens and commits. */
export class QuotaWriter {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** @returns whether anything was changed. */
  apply(command: QuotaCommand): boolean {
    return command.kind === 'quota-limit' ? this.#limit(command) : this.#correct(command);
  }

  #limit({ user_id, limits }: Extract<QuotaCommand, { kind: 'quota-limit' }>): boolean {
    const max_images = columnFromLimit(limits.max_images);
    const max_bytes = columnFromLimit(limits.max_bytes);
    this.#database
      .prepare(
        `INSERT INTO users (user_id, max_images, max_bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (user_id) DO UPDATE SET max_images = ?2, max_bytes = ?3`,
      )
      .run(user_id, max_images, max_bytes);
    return true;
  }

  #correct({ user_id, seen, counted }: Extract<QuotaCommand, { kind: 'quota-correct' }>): boolean {
    if (seen.images === 0 && seen.bytes === 0) {
      this.#database.prepare('INSERT OR IGNORE INTO users (user_id) VALUES (?)').run(user_id);
    }
    const { changes } = this.#database
      .prepare('UPDATE users SET images = ?, bytes = ? WHERE user_id = ? AND images = ? AND bytes = ?')
      .run(counted.images, counted.bytes, user_id, seen.images, seen.bytes);
    return Number(changes) > 0;
  }
}

function columnFromLimit(limit: number | null | undefined): number | null {
  return limit === null ? UNLIMITED : (limit ?? null);
}

export function limitFromColumn(column: number | null): number | null | undefined {
  return column === UNLIMITED ? null : (column ?? undefined);
}
