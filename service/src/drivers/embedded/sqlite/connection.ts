import { DatabaseSync } from 'node:sqlite';

/**
 * A connection with the settings that our promises rest on: a commit is on stable storage when it
 * returns (`synchronous=FULL` syncs the WAL at each), and readers never wait for the writer.
 */
export function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
  `);
  return database;
}
