import type { Statements } from './statements.ts';

/** Users and tags as the database numbers them, a new number where one has none yet. */
export class Numbers {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  ofUser(user_id: string): number {
    return this.#numberOf('users', 'user', 'user_id', user_id);
  }

  ofTag(name: string): number {
    return this.#numberOf('tags', 'tag', 'name', name);
  }

  #numberOf(
    table: 'users' | 'tags',
    number: 'user' | 'tag',
    column: 'user_id' | 'name',
    name: string,
  ): number {
    const found = this.#statements
      .get(`SELECT ${number} AS number FROM ${table} WHERE ${column} = ?`)
      .get(name);
    if (found) return Number(found['number']);
    return Number(
      this.#statements.get(`INSERT INTO ${table} (${column}) VALUES (?)`).run(name).lastInsertRowid,
    );
  }
}
