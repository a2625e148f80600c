import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectList } from '../support/answers.ts';
import { openChromium } from '../support/chromium.ts';
import { type Example, isMade, startExample } from '../support/example-app.ts';
import { EXPRESS, NEXTJS } from '../support/example-apps.ts';
import { temporaryFolder } from '../support/server-process.ts';
import { tokenFor } from '../support/shared-secret.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { newPng } from '../support/uploads.ts';

/** What browsers say of requests that a page sends to where it came from. */
const OWN = { 'sec-fetch-site': 'same-origin' };

interface Picture {
  readonly image_id: string;
  readonly src: string;
}

for (const example of [EXPRESS, NEXTJS]) {
  const title = `the example in docs/examples/${example.folder}`;
  if (isMade(example)) {
    describe(title, { timeout: 180_000 }, () => uploadsImages(example));
  } else {
    test(title, (context) => {
      const reason = 'npm run test:examples installs and builds it, and runs this';
      process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
      context.skip(reason);
    });
  }
}

async function imagesOf(tintype: string, user: string) {
  const headers = { authorization: `Bearer ${await tokenFor(user)}` };
  return expectList(await fetch(`${tintype}/images`, { headers }));
}

function uploadsImages(example: Example): void {
  test('stores what its users upload as theirs, once, and deletes it', async () => {
    const { app, tintype } = await startExample(example);
    const bytes = newPng();
    const send = () =>
      fetch(`${app}/api/images?filename=osprey.png`, {
        method: 'POST',
        headers: { ...OWN, 'content-type': 'image/png', 'idempotency-key': 'one-click' },
        body: new Uint8Array(bytes),
      });
    const sent = await send();
    expect(sent.status).toBe(201);
    const { image_id, src } = (await sent.json()) as Picture;
    expect(bytes.equals(await (await fetch(src)).bytes())).toBe(true);
    expect(((await (await send()).json()) as Picture).image_id).toBe(image_id);
    expect((await imagesOf(tintype, 'alice')).items).toMatchObject([{ image_id, filename: 'osprey.png' }]);
    expect((await imagesOf(tintype, 'bob')).items).toEqual([]);

    const removed = await fetch(`${app}/api/images/${image_id}`, { method: 'DELETE', headers: OWN });
    expect(removed.status).toBe(204);
    expect((await imagesOf(tintype, 'alice')).items).toEqual([]);
  });

  test('passes on by its code what the page can do something about', async () => {
    const { app } = await startExample(example);
    const refused = await fetch(`${app}/api/images?filename=notes.png`, {
      method: 'POST',
      headers: { ...OWN, 'content-type': 'image/png' },
      body: 'no image at all',
    });
    expect(refused.status).toBe(415);
    expect(await refused.json()).toEqual({ code: 'unsupported_media_type', error: expect.any(String) });
    const foreign = {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'image/png' },
    };
    expect((await fetch(`${app}/api/images`, foreign)).status).toBe(403);
    const unknown = `${app}/api/images/01890000-0000-7000-8000-000000000000`;
    expect((await fetch(unknown, { method: 'DELETE', headers: OWN })).status).toBe(404);
  });

  test('shows in a browser what was picked, large or small, and no token gets there', async (context) => {
    const browser = await openChromium(context);
    const { app, tintype } = await startExample(example);
    const page = await browser.newPage();
    const token = watchForTokens(page);
    const folder = await temporaryFolder();
    const files = { 'small.jpg': SMALL_IMAGES['image/jpeg'].bytes, 'large.png': newPng(5 * 1024 * 1024) };
    await page.goto(app);
    for (const [name, bytes] of Object.entries(files)) {
      await writeFile(join(folder, name), bytes);
      await page.locator('input[type=file]').setInputFiles(join(folder, name));
      await page.getByRole('status').getByText(`${name} is there.`).waitFor();
      await expectShown(page, name);
    }
    expect((await imagesOf(tintype, 'alice')).items).toHaveLength(2);
    // Once the presets are made, after a moment, they are what is shown.
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.getByAltText('small.jpg').getAttribute('srcset');
        },
        { timeout: 60_000, interval: 1000 },
      )
      .toMatch(/ \d+w/);
    await expectShown(page, 'small.jpg');
    expect(await page.getByAltText('small.jpg').getAttribute('style')).toContain('data:image/png');

    await page.getByRole('button', { name: 'Delete small.jpg' }).click();
    await page.getByAltText('small.jpg').waitFor({ state: 'detached' });
    expect((await imagesOf(tintype, 'alice')).items).toMatchObject([{ filename: 'large.png' }]);
    expect(token()).toEqual([]);
  });
}

/** The requests that carried, and the texts that had, something that looks like a JSON Web Token. */
function watchForTokens(page: Page): () => readonly string[] {
  const found: string[] = [];
  page.on('request', (request) => {
    if ('authorization' in request.headers()) found.push(request.url());
  });
  page.on('response', async (response) => {
    const text = await response.text().catch(() => '');
    if (/\beyJ[\w-]+\.[\w-]+\.[\w-]+/.test(text)) found.push(response.url());
  });
  return () => found;
}

async function expectShown(page: Page, name: string): Promise<void> {
  const shown = page.getByAltText(name);
  await shown.waitFor();
  const width = () => shown.evaluate((each) => (each as unknown as { naturalWidth: number }).naturalWidth);
  await expect.poll(width, { timeout: 30_000 }).toBeGreaterThan(0);
}
