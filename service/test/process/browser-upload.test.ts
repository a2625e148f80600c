import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { openTestHome } from '../support/homes.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { startServerProcess } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

// A browser, twice: http/direct-uploads.test.ts has the same uploads in every run.
beforeEach(onlyWhenLarge);

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const run = promisify(execFile);

type Ask = (path: string, init: RequestInit) => Promise<Response>;

const HOMES: readonly (readonly [string, () => Promise<Ask>])[] = [
  [
    'embedded',
    async () => {
      const { url } = await startServerProcess();
      return (path, init) => fetch(`${url}${path}`, init);
    },
  ],
  [
    'aws',
    async () => {
      const home = await openTestHome('aws');
      onTestFinished(() => home.close());
      return (path, init) => home.request(path, init);
    },
  ],
];

async function needsChromium(context: TestContext): Promise<void> {
  await run('chromium', ['--version']).catch(() => {
    const reason = 'there is no chromium on this machine';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });
}

/** A page of another origin, whose script sends the form that the answer describes, and says when it is sent. */
function pageFor({ url, fields }: { url: string; fields: Record<string, string> }): string {
  return `<!doctype html><title>sending</title><script>
    const form = new FormData();
    for (const [name, value] of Object.entries(${JSON.stringify(fields)})) form.append(name, value);
    const bytes = Uint8Array.from(atob('${JPEG.toString('base64')}'), (c) => c.charCodeAt(0));
    form.append('file', new File([bytes], 'small.jpg', { type: 'image/jpeg' }));
    fetch(${JSON.stringify(url)}, { method: 'POST', mode: 'no-cors', body: form })
      .then(() => { document.title = 'sent'; }, (error) => { document.title = String(error); });
    </script>`;
}

describe.each(HOMES)('a browser (%s)', (_home, open) => {
  test('sends a direct upload with nothing but the answer of start-upload', async (context) => {
    await needsChromium(context);
    const ask = await open();
    const announcement = { user_id: 'alice', content_type: 'image/jpeg', size_bytes: JPEG.length };
    const headers = { 'content-type': 'application/json' };
    const started = await ask('/images/uploads', {
      method: 'POST',
      headers,
      body: JSON.stringify(announcement),
    });
    const { image, upload } = (await started.json()) as {
      image: { image_id: string };
      upload: Parameters<typeof pageFor>[0];
    };
    const page = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(pageFor(upload));
    });
    await once(page.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void page.close());
    const profile = await scratchFolder();
    onTestFinished(() => profile.remove());
    const where = `http://127.0.0.1:${(page.address() as AddressInfo).port}/`;
    const { stdout } = await run('chromium', [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...[`--user-data-dir=${profile.path}`, '--virtual-time-budget=10000', '--dump-dom', where],
    ]);
    expect(stdout).toContain('<title>sent</title>');
    const completed = await ask(`/images/${image.image_id}/complete`, { method: 'POST' });
    expect(completed.status, await completed.clone().text()).toBe(200);
    expect(await completed.json()).toMatchObject({ status: 'ready', size_bytes: JPEG.length });
  });
});
