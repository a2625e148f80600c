import { DatabaseSync } from 'node:sqlite';
import { vi } from 'vitest';
import { migrate } from '../../src/drivers/embedded/sqlite/migrations.ts';
import { CommandWriter } from '../../src/drivers/embedded/sqlite/write-command.ts';

/** A database in memory that tells which statements are executed, by their first words. */
export function countingDatabase() {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  const executed: string[] = [];
  const note = (sql: string) => executed.push(sql.trim().split(/\s+/).slice(0, 3).join(' '));
  const prepare = database.prepare.bind(database);
  vi.spyOn(database, 'prepare').mockImplementation((sql) => {
    const statement = prepare(sql);
    for (const method of ['run', 'get', 'all'] as const) {
      const act = statement[method].bind(statement) as (...values: unknown[]) => never;
      Object.defineProperty(statement, method, {
        value: (...values: unknown[]) => {
          note(sql);
          return act(...values);
        },
      });
    }
    return statement;
  });
  const exec = database.exec.bind(database);
  vi.spyOn(database, 'exec').mockImplementation((sql) => {
    note(sql);
    exec(sql);
  });
  return { database, writer: new CommandWriter(database), executed };
}
