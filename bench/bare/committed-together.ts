import type { DatabaseSync } from 'node:sqlite';

/** Rows in a file of their own, every commit of which is on stable storage. */
export function openRows(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(
    'CREATE TABLE images (image_id INTEGER PRIMARY KEY, user_id TEXT, upload_time INTEGER, name TEXT)',
  );
  database.exec('CREATE INDEX images_of_user ON images (user_id, upload_time)');
}

/** Changes rows in one transaction with all whose turn comes in the same turn of the event loop: those of one sync of a folder. */
export function committedTogether<Item>(
  database: DatabaseSync,
  apply: (item: Item) => void,
): (item: Item) => Promise<void> {
  let gathered: Promise<void> | undefined;
  let waiting: Item[] = [];
  return (item) => {
    waiting.push(item);
    gathered ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        const items = waiting;
        waiting = [];
        gathered = undefined;
        try {
          database.exec('BEGIN');
          for (const each of items) apply(each);
          database.exec('COMMIT');
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return gathered;
  };
}
