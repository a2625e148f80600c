import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { newPng } from '../support/uploads.ts';

const PICTURE = newPng(20_000);

/** A server with an image, and where its bytes lie and can be had. */
async function serving() {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await scratchFolder());
  const server = await openServer(folder.path);
  opened.defer(() => server.stop());
  const answer = await fetch(`${server.url}/images?user_id=alice`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: PICTURE,
  });
  const { url, image_id } = (await answer.json()) as { url: string; image_id: string };
  // What processes it reads the file as well.
  const placeholder = async () => {
    const viewed = await fetch(`${server.url}/images/${image_id}`);
    return ((await viewed.json()) as { placeholder: unknown }).placeholder;
  };
  await expect.poll(placeholder).not.toBeNull();
  const closing = opened.move();
  return {
    server,
    url,
    image_id,
    path: join(folder.path, 'objects', 'alice', image_id),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** What does not differ between two answers of the same. */
async function said(answer: Response) {
  const {
    'x-request-id': _id,
    date: _date,
    'cache-control': _age,
    ...headers
  } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers, body: Buffer.from(await answer.bytes()) };
}

test('a small picture that is asked for again comes from memory: whole, in part, its headers, or that it is the same', async () => {
  await using served = await serving();
  const { url, path } = served;
  const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? '';
  const asked: { method?: string; headers?: Record<string, string> }[] = [
    { method: 'HEAD' },
    { headers: { range: 'bytes=5-99' } },
    { headers: { range: 'bytes=99999-' } },
    { headers: { 'if-none-match': etag } },
    // That has all of the bytes; the second time they are kept.
    {},
  ];
  const answers = async () => {
    const all: Awaited<ReturnType<typeof said>>[] = [];
    for (const { method = 'GET', headers } of asked) {
      all.push(await said(await fetch(url, { method, headers: { ...headers, 'x-request-id': 'same' } })));
    }
    return all;
  };
  await answers();
  const fromDisk = await answers();
  await unlink(path);
  const fromMemory = await answers();
  expect(fromMemory).toEqual(fromDisk);
  expect(fromMemory.map(({ status }) => status)).toEqual([200, 206, 416, 304, 200]);
  expect(fromMemory[1]?.body.equals(PICTURE.subarray(5, 100))).toBe(true);
  expect(fromMemory[4]?.body.equals(PICTURE)).toBe(true);
});

test('a picture that is kept is not served any more from the moment that its image is deleted', async () => {
  await using served = await serving();
  const { server, url, image_id } = served;
  for (let times = 0; times < 2; times++) expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`${server.url}/images/${image_id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(url)).status).toBe(404);
});

test('bytes that are not those that were stored are not kept', async () => {
  await using served = await serving();
  const { url, path } = served;
  const whole = await readFile(path);
  await writeFile(path, Buffer.from(whole).fill(0, 100, 200));
  expect((await fetch(url)).status).toBe(500);
  await unlink(path);
  await writeFile(path, whole);
  expect(Buffer.from(await (await fetch(url)).bytes()).equals(PICTURE)).toBe(true);
});

test('pictures that are kept and sent at once to many, while others take their place, are all what they are', async () => {
  await using served = await serving();
  const { url, server } = served;
  const others = await Promise.all(
    Array.from({ length: 20 }, async (_unused, n) => {
      const body = Buffer.concat([PICTURE, Buffer.alloc(n * 10_000, n)]);
      const sent = { method: 'POST', headers: { 'content-type': 'image/png' }, body };
      const { url } = (await (await fetch(`${server.url}/images?user_id=bob`, sent)).json()) as {
        url: string;
      };
      return { url, body };
    }),
  );
  const all = [{ url, body: PICTURE }, ...others];
  const asked = Array.from({ length: 400 }, (_unused, n) => all[(n * 7) % all.length] ?? all[0]);
  const right = await Promise.all(
    asked.map(async (each) => each && Buffer.from(await (await fetch(each.url)).bytes()).equals(each.body)),
  );
  expect(right.every(Boolean)).toBe(true);
});
