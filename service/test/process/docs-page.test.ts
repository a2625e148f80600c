import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { beforeEach, describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { openChromium } from '../support/chromium.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { JWT_ENVIRONMENT, tokenFor } from '../support/shared-secret.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

const TIMEOUT = 30_000;

/** The page of the API in a browser; what the browser complains of fails the test at its end. */
async function openDocs(context: TestContext, url: string): Promise<Page> {
  const browser = await openChromium(context);
  const page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT);
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!/^(?:blob|data):/.test(request.url()) && !request.url().startsWith(url)) foreign.push(request.url());
  });
  const refused: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text());
  });
  onTestFinished(() => {
    expect(foreign).toEqual([]);
    expect(refused).toEqual([]);
  });
  await page.goto(`${url}/docs`);
  return page;
}

/** Opens an operation of the page, and switches its fields on. */
async function tryOut(page: Page, tag: string, operationId: string): Promise<Locator> {
  const operation = page.locator(`[id="operations-${tag}-${operationId}"]`);
  await operation.locator('.opblock-summary').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  return operation;
}

/** Sends what the fields hold, and waits for the answer. */
async function execute(operation: Locator): Promise<{ status: string; body: string }> {
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response');
  await answer.waitFor();
  const status = (await answer.locator('.response-col_status').innerText()).trim();
  return {
    status: status.slice(0, 3),
    body: await answer.locator('.highlight-code code').first().innerText(),
  };
}

async function uploadFile(page: Page): Promise<string> {
  const file = join(await temporaryFolder(), 'osprey.jpg');
  await writeFile(file, SMALL_IMAGES['image/jpeg'].bytes);
  const upload = await tryOut(page, 'images', 'upload-image');
  await upload
    .locator('.body-param-content-type select, .content-type')
    .first()
    .selectOption('multipart/form-data');
  await upload.locator('input[type=file]').setInputFiles(file);
  const { status, body } = await execute(upload);
  expect(status, body).toBe('201');
  return (JSON.parse(body) as { image_id: string }).image_id;
}

async function listAndView(page: Page, image_id: string): Promise<void> {
  const list = await tryOut(page, 'images', 'list-images');
  const listed = await execute(list);
  expect(listed.status, listed.body).toBe('200');
  expect(listed.body).toContain(image_id);
  const view = await tryOut(page, 'images', 'view-image');
  await view.locator('[data-param-name=image_id] input').fill(image_id);
  const viewed = await execute(view);
  expect(viewed.status, viewed.body).toBe('200');
  expect(viewed.body).toContain('"content_type": "image/jpeg"');
}

describe('the page of the API, in a browser', { timeout: 120_000 }, () => {
  beforeEach(onlyWhenLarge);

  test('lets one try an upload, a list and a view', async (context) => {
    const { url } = await startServerProcess();
    const page = await openDocs(context, url);
    // As the page has filled it in, twice: nothing in it may stand in the way of the second.
    const json = await tryOut(page, 'images', 'upload-image-alias');
    for (const _ of [1, 2]) expect((await execute(json)).status).toBe('201');
    await listAndView(page, await uploadFile(page));
  });

  test('sends the token that it was given where callers need one', async (context) => {
    const { url } = await startServerProcess({ env: JWT_ENVIRONMENT });
    const page = await openDocs(context, url);
    const usage = await tryOut(page, 'users', 'get-usage');
    await usage.locator('[data-param-name=user_id] input').fill('alice');
    expect((await execute(usage)).status).toBe('401');

    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.modal-ux input').fill(await tokenFor('alice'));
    await page.locator('.modal-ux').getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).click();
    await listAndView(page, await uploadFile(page));
  });
});
