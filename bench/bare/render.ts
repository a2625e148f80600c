import { sharedSyncStore } from './durable-files.ts';
import { listen } from './listen.ts';
import { renderPlainly } from './rendering.ts';

/** `render.ts FOLDER FILE...`: `/NUMBER?w=&format=` makes a rendition of the file of that number durable, and leads to it. */
const [folder = '', ...files] = process.argv.slice(2);
const store = await sharedSyncStore(folder);

await listen(async (incoming, outgoing) => {
  try {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const file = files[Number(url.pathname.slice(1))];
    if (file === undefined) throw new Error('There is no such file.');
    const format = url.searchParams.get('format') === 'jpeg' ? 'jpeg' : 'webp';
    await renderPlainly(file, { width: Number(url.searchParams.get('w')), format }, store);
    outgoing.writeHead(302, { location: '/' }).end();
  } catch (error) {
    outgoing.writeHead(500).end(String(error));
  }
});
