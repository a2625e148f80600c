import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { committedTogether, openRows } from './committed-together.ts';
import { sharedSyncStore, textbookStore } from './durable-files.ts';
import { listen } from './listen.ts';

/**
 * `upload.ts FOLDER textbook|shared raw|json [row]`: takes bodies, hashes them and makes them durable, with no index and no checks; nothing of
 * Hono, and nothing of Tintype. With `row` there is, once the bytes are durable, a row of each in SQLite before the answer.
 */
const [folder = '', way, form, row] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const store = await (way === 'shared' ? sharedSyncStore(folder) : textbookStore(folder));
const insert = row === 'row' ? rowsBeside(folder) : async () => {};

/** In the same process, as whoever writes it by hand would have it: a commit holds up the others, and takes no way to a thread. */
function rowsBeside(files: string): (row: readonly [owner: string, name: string]) => Promise<void> {
  const database = new DatabaseSync(join(dirname(files), `${basename(files)}.db`));
  openRows(database);
  const statement = database.prepare('INSERT INTO images (user_id, upload_time, name) VALUES (?, ?, ?)');
  return committedTogether(database, ([owner, name]) => statement.run(owner, Date.now(), name));
}

async function take(incoming: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    if (form === 'raw') hash.update(chunk);
    chunks.push(chunk);
  }
  if (form === 'raw') {
    const owner = new URLSearchParams(incoming.url?.split('?')[1]).get('user_id') ?? '';
    await insert([owner, await store(chunks, owner)]);
    return hash.digest('hex');
  }
  const { image_data, user_id } = JSON.parse(Buffer.concat(chunks).toString()) as {
    image_data: string;
    user_id: string;
  };
  const bytes = Buffer.from(image_data, 'base64');
  await insert([user_id, await store([bytes], user_id)]);
  return hash.update(bytes).digest('hex');
}

await listen(async (incoming: IncomingMessage, outgoing: ServerResponse) => {
  try {
    const body = JSON.stringify({ checksum_sha256: await take(incoming) });
    outgoing.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length });
    outgoing.end(body);
  } catch (error) {
    outgoing.writeHead(500).end(String(error));
  }
});
