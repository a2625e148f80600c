import { open, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { listen } from './listen.ts';

/**
 * `download.ts FOLDER read|stream`: sends the files of a folder, each time from the disk: read at once, or as a stream;
 * with no signature, no index, no check of the bytes and none of the conditions of HTTP.
 */
const [folder = '', way] = process.argv.slice(2);

async function read(path: string, outgoing: ServerResponse): Promise<void> {
  const bytes = await readFile(path);
  outgoing.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': bytes.length }).end(bytes);
}

async function stream(path: string, outgoing: ServerResponse): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  outgoing.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': size });
  await pipeline(file.createReadStream({ highWaterMark: 256 * 1024, autoClose: false }), outgoing);
}

const send = way === 'stream' ? stream : read;

await listen(async (incoming, outgoing) => {
  try {
    await send(join(folder, basename(incoming.url ?? '')), outgoing);
  } catch (error) {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(404).end(String(error));
  }
});
