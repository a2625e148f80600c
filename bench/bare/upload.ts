import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sharedSyncStore, textbookStore } from './durable-files.ts';
import { listen } from './listen.ts';

/**
 * `upload.ts FOLDER textbook|shared raw|json`: takes bodies, hashes them and makes them durable, with no index and no checks; nothing of
 * Hono, and nothing of Tintype.
 */
const [folder = '', way, form] = process.argv.slice(2);
const store = await (way === 'shared' ? sharedSyncStore(folder) : textbookStore(folder));

async function take(incoming: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    if (form === 'raw') hash.update(chunk);
    chunks.push(chunk);
  }
  if (form === 'raw') {
    await store(chunks);
    return hash.digest('hex');
  }
  const { image_data } = JSON.parse(Buffer.concat(chunks).toString()) as { image_data: string };
  const bytes = Buffer.from(image_data, 'base64');
  await store([bytes]);
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
