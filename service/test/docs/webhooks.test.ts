import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WEBHOOK_EVENTS } from '../../src/domain/webhook.ts';
import { freePort } from '../support/free-port.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { newPng, upload } from '../support/uploads.ts';
import { skipWithoutCurl } from './curl.ts';
import { codeBlocks, readDocument, section, tableRows } from './markdown.ts';

const PAGE = readDocument('docs/webhooks.md');

/** The page's receiver in a process of its own; what it has printed so far. */
async function startReceiver(secret: string, port: number): Promise<() => string> {
  const [code = ''] = codeBlocks(section(PAGE, 'Try it'), 'js');
  const path = join(await temporaryFolder(), 'receiver.mjs');
  await writeFile(path, code.replace('4000', String(port)));
  const receiver = spawn(process.execPath, [path], {
    env: { WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void receiver.kill());
  let printed = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const listens = () => fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' });
  // Nobody has signed that.
  await vi.waitFor(async () => expect((await listens()).status).toBe(401), { timeout: 20_000 });
  return () => printed;
}

test('the receiver that the page on webhooks shows takes what is sent, and nothing else', {
  timeout: 90_000,
}, async (ctx) => {
  await skipWithoutCurl(ctx);
  const [start = '', create = ''] = codeBlocks(section(PAGE, 'Try it'), 'sh');
  expect(start).toBe('export WEBHOOKS=internal\nnpm start\n');
  const { url } = await startServerProcess({ env: { WEBHOOKS: 'internal' } });
  const port = await freePort();
  const script = create.replace('4000', String(port)).replace('http://127.0.0.1:3000', url);
  const { stdout } = await promisify(execFile)('sh', ['-e', '-c', script]);
  const { secret } = JSON.parse(stdout) as { secret: string };
  const printed = await startReceiver(secret, port);

  const home = { request: (path: string, init?: RequestInit) => fetch(`${url}${path}`, init) };
  const { image_id } = await upload(home, {}, newPng());
  await vi.waitFor(() => expect(printed()).toContain(`image.ready ${image_id}\n`), { timeout: 20_000 });
  expect((await home.request(`/images/${image_id}`, { method: 'DELETE' })).status).toBe(204);
  await vi.waitFor(() => expect(printed()).toContain(`image.deleted ${image_id}\n`), { timeout: 20_000 });
  expect(printed().match(/image\.ready/g)).toHaveLength(1);
});

test('the page on webhooks names all events', () => {
  const types = tableRows(section(PAGE, 'Messages')).map(([type = '']) => type.replaceAll('`', ''));
  expect(types).toEqual(WEBHOOK_EVENTS);
});
