import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { committedTogether, openRows } from './committed-together.ts';
import { sharedSync, syncOnce } from './durable-files.ts';
import { listen } from './listen.ts';

/**
 * `delete.ts FOLDER textbook|shared COUNT BYTES`: makes so many files with a row each, and deletes them by `/NUMBER`: the file
 * unlinked, the folder synced, the row deleted and committed. Those who wait share the syncs of the folder, and the commit
 * after one, or none does.
 */
const [folder = '', way, count = '0', bytes = '0'] = process.argv.slice(2);
const files = join(folder, 'files');
await mkdir(files, { recursive: true });
const content = Buffer.alloc(Number(bytes), 7);
const database = new DatabaseSync(join(folder, 'rows.db'));
openRows(database);
database.exec('BEGIN');
const insert = database.prepare('INSERT INTO images VALUES (?, ?, ?, ?)');
for (let at = 0; at < Number(count); at++) {
  await writeFile(join(files, String(at)), content);
  insert.run(at, `user-${at % 16}`, Date.now(), `IMG_${at}.jpg`);
}
database.exec('COMMIT');

const remove = database.prepare('DELETE FROM images WHERE image_id = ?');

async function textbook(id: string): Promise<void> {
  await unlink(join(files, id));
  await syncOnce(files);
  remove.run(Number(id));
}

const syncFolder = sharedSync(files);
const removeTogether = committedTogether(database, (id: string) => remove.run(Number(id)));

async function shared(id: string): Promise<void> {
  await unlink(join(files, id));
  await syncFolder();
  await removeTogether(id);
}

const act = way === 'shared' ? shared : textbook;

await listen(async (incoming, outgoing) => {
  try {
    await act(basename(incoming.url ?? ''));
    outgoing.writeHead(204).end();
  } catch (error) {
    outgoing.writeHead(500).end(String(error));
  }
});
