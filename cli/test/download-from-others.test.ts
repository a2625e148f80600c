import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../../service/test/support/server-process.ts';
import { startTintype } from '../../service/test/support/tintype-command.ts';
import { calledAt } from './support/called.ts';

const ID = '01a228df-775a-7197-95ec-98801b7b6136';

/** What a server says of the one image that it has, and does when its bytes are asked for. */
async function startOther(named: string, viewed: string, sendBytes: (answer: ServerResponse) => void) {
  const image = { size_bytes: 8, checksum_sha256: null, filename: null, content_type: 'image/png' };
  const server = createServer(({ url = '' }: IncomingMessage, answer) => {
    if (url.startsWith('/bytes')) return sendBytes(answer);
    const { port } = server.address() as AddressInfo;
    const body = url.startsWith('/images?')
      ? { items: [{ image_id: named }], count: 1, last_evaluated_key: null }
      : { ...image, image_id: viewed, url: `http://127.0.0.1:${port}/bytes` };
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('Ctrl-C stops a download, leaves nothing half done behind, and says how to go on', async () => {
  const folder = await temporaryFolder();
  const url = await startOther(ID, ID, (answer) => answer.writeHead(200).write('half'));
  const args = ['download', '--all-of-user', 'alice', '-o', folder];
  const download = startTintype(args, { TINTYPE_URL: url });
  await vi.waitFor(async () => expect(await readdir(folder)).toHaveLength(1), 60_000);
  download.interrupt();
  expect(await download.ended).toEqual({
    code: 130,
    stdout: '',
    stderr: 'Not all was downloaded. The same command, given again, goes on from here.\n',
  });
  expect(await readdir(folder)).toEqual([]);
});

test('what a server calls an image leads out of no folder', async () => {
  const folder = await temporaryFolder();
  const sendAll = (answer: ServerResponse) => answer.writeHead(200).end('no image');
  const called = calledAt(await startOther(ID, '../escaped', sendAll));
  expect(await called('download', ID, '-o', join(folder, 'in/'))).toMatchObject({ code: 0 });
  expect(await readdir(folder)).toEqual(['in']);
  expect(await readdir(join(folder, 'in'))).toEqual([`${ID}.png`]);

  const another = calledAt(await startOther('../\u001b[2Jescaped', '../escaped', sendAll));
  expect(await another('download', '--all-of-user', 'alice', '-o', join(folder, 'in'))).toEqual({
    code: 1,
    out: '',
    errors: 'The server names an image that is none: ../ [2Jescaped\n',
  });
  expect(await readdir(folder)).toEqual(['in']);
});
