import type { DatabaseSync } from 'node:sqlite';
import type { CountedUser, UsageWalk } from '../../../ports/usage-walk.ts';
import { databaseFailure } from './write-batch.ts';

const PAGE = 500;

/** What is stored of users, page by page: no read stays open between them, which would hold up checkpoints. */
export class SqliteUsageWalk implements UsageWalk {
  readonly #reader: DatabaseSync;

  constructor(reader: DatabaseSync) {
    this.#reader = reader;
  }

  async *walk(): AsyncGenerator<CountedUser> {
    let after = 0;
    for (;;) {
      const rows = this.#pageAfter(after);
      for (const { user_id, images, bytes } of rows) yield { user_id, images, bytes };
      const last = rows.at(-1);
      if (!last) return;
      after = last.user;
    }
  }

  #pageAfter(after: number) {
    try {
      return this.#reader
        .prepare('SELECT user, user_id, images, bytes FROM users WHERE user > ? ORDER BY user LIMIT ?')
        .all(after, PAGE) as unknown as (CountedUser & { readonly user: number })[];
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}
