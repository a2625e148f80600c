import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../service/test/support/server-process.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { dropFiles } from './support/drop-files.ts';
import { openGallery } from './support/gallery.ts';
import { goOffline, goOnline } from './support/network.ts';
import { madePhotographs, noise } from './support/photographs.ts';
import { filenames, listed, namesOf, POLLING } from './support/uploaded.ts';

const MIB = 1024 * 1024;

/** What the browser itself says of requests that a test breaks off. */
const BROKEN_OFF = [/net::ERR_INTERNET_DISCONNECTED/];

const headline = (page: Page, text: RegExp | string) =>
  page.getByRole('region', { name: 'Uploads' }).getByRole('heading', { name: text });

const row = (page: Page, name: string) => page.locator('.upload-row').filter({ hasText: name });

/** Which part of an upload an address takes; undefined: none. */
const partOf = (url: string) => new URL(url).searchParams.get('part-number') ?? undefined;

/** Waits until a file is on its way: some of it has been sent, and some has not. */
async function isUnderWay(page: Page, name: string): Promise<void> {
  await row(page, name)
    .getByText(/^[1-9]\d? %$/)
    .waitFor();
}

describeInChromium('uploads that are interrupted', () => {
  const browser = useChromium();

  test('by the network go on by themselves when it is back, and everything is there once', async () => {
    const gallery = await openGallery(browser.current, { expectedErrors: BROKEN_OFF });
    const { page, api } = gallery;
    const folder = await temporaryFolder();
    const files = [
      ...(await madePhotographs(6, folder)),
      await noise(join(folder, 'large.png'), 2600, 2300),
      ...(await madePhotographs(9, folder)).slice(6),
    ];
    await goOnline(gallery, { upload: MIB });
    await dropFiles(gallery, files);
    await isUnderWay(page, 'large.png');
    await goOffline(gallery);
    await headline(page, /^Offline: \d+ of 10 done/).waitFor();
    await page.getByText('You are offline.').waitFor();
    await row(page, 'large.png').getByText('Waiting for the connection').waitFor();
    expect((await listed(api)).length).toBeLessThan(10);
    await goOnline(gallery);
    await headline(page, '10 images uploaded').waitFor();
    await page.getByText('You are offline.').waitFor({ state: 'detached' });
    await expect.poll(() => filenames(api), POLLING).toEqual(namesOf(files));
    expect(await listed(api, { status: 'pending' })).toEqual([]);
  });

  test('of large files are taken up again with the parts that are missing, each sent whole once', async () => {
    const gallery = await openGallery(browser.current, { expectedErrors: BROKEN_OFF });
    const { page, api, context } = gallery;
    const whole: string[] = [];
    context.on('response', (response) => {
      const part = partOf(response.url());
      if (part !== undefined && response.ok()) whole.push(part);
    });
    const file = await noise(join(await temporaryFolder(), 'large.png'), 3200, 2600);
    await goOnline(gallery, { upload: 4 * MIB });
    await dropFiles(gallery, [file]);
    await expect.poll(() => whole.length, POLLING).toBeGreaterThan(0);
    await goOffline(gallery);
    await headline(page, /^Offline: 0 of 1 done/).waitFor();
    const before = whole.length;
    const [pending] = await listed(api, { status: 'pending' });
    const { parts } = await api.listParts(pending?.image_id ?? '');
    expect(parts.length).toBeGreaterThan(0);
    await goOnline(gallery);
    await headline(page, '1 image uploaded').waitFor();
    expect(whole.length).toBeGreaterThan(before);
    expect(new Set(whole).size).toBe(whole.length);
    const [image] = await expect
      .poll(() => listed(api), POLLING)
      .toHaveLength(1)
      .then(() => listed(api));
    expect(image?.image_id).toBe(pending?.image_id);
  });

  test('by somebody go on, or are gone, as they are told', async () => {
    const gallery = await openGallery(browser.current);
    const { page, api } = gallery;
    const folder = await temporaryFolder();
    const files = await Promise.all(
      ['a.png', 'b.png', 'c.png'].map((name) => noise(join(folder, name), 1500, 1200)),
    );
    await goOnline(gallery, { upload: MIB / 2 });
    await dropFiles(gallery, files);
    await isUnderWay(page, 'a.png');
    await isUnderWay(page, 'b.png');
    await page.getByRole('button', { name: 'Pause a.png' }).click();
    await row(page, 'a.png')
      .getByText(/^Paused/)
      .waitFor();
    await page.getByRole('button', { name: 'Cancel b.png' }).click();
    await row(page, 'b.png').waitFor({ state: 'detached' });
    await goOnline(gallery);
    await row(page, 'c.png').getByText('Uploaded', { exact: true }).waitFor();
    await row(page, 'a.png')
      .getByText(/^Paused/)
      .waitFor();
    await page.getByRole('button', { name: 'Resume a.png' }).click();
    await headline(page, '2 images uploaded').waitFor();
    await expect.poll(() => filenames(api), POLLING).toEqual(['a.png', 'c.png']);
    await expect.poll(() => listed(api, { status: 'pending' }), POLLING).toEqual([]);
  });

  test('are paused, resumed and cancelled all at once', async () => {
    const gallery = await openGallery(browser.current);
    const { page, api } = gallery;
    const folder = await temporaryFolder();
    await goOnline(gallery, { upload: MIB / 2 });
    await dropFiles(gallery, [
      await noise(join(folder, 'a.png'), 1500, 1200),
      await noise(join(folder, 'b.png'), 1500, 1200),
    ]);
    await isUnderWay(page, 'a.png');
    await page.getByRole('button', { name: 'Pause all' }).click();
    await headline(page, 'Paused: 0 of 2 done').waitFor();
    await page.getByRole('button', { name: 'Resume all' }).click();
    await headline(page, 'Uploading: 0 of 2 done').waitFor();
    await page.getByRole('button', { name: 'Cancel all' }).click();
    await page.getByRole('region', { name: 'Uploads' }).waitFor({ state: 'detached' });
    await expect.poll(() => listed(api, { status: 'pending' }), POLLING).toEqual([]);
    expect(await listed(api)).toEqual([]);
  });

  test('by a failure are tried again when somebody asks for it; what is no image is refused at once', async () => {
    const gallery = await openGallery(browser.current, { expectedErrors: [/status of 403/] });
    const { page, api } = gallery;
    const folder = await temporaryFolder();
    const [photo = ''] = await madePhotographs(1, folder);
    const no = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'forbidden' };
    await page.route('**/images/upload*', (route) =>
      route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(no) }),
    );
    await dropFiles(gallery, [photo, new URL(import.meta.url).pathname]);
    const failed = row(page, 'made-1.jpg');
    await failed.getByText('You are not allowed to upload images here.').waitFor();
    const refused = row(page, 'interrupted-uploads.test.ts');
    await refused.getByText(/^Only JPEG, .* images are accepted\.$/).waitFor();
    expect(await refused.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
    await headline(page, '2 uploads failed').waitFor();
    await page.unroute('**/images/upload*');
    await page.getByRole('button', { name: 'Retry made-1.jpg' }).click();
    await headline(page, '1 image uploaded, 1 failed').waitFor();
    expect(await filenames(api)).toEqual(['made-1.jpg']);
    await page.getByRole('button', { name: 'Close uploads' }).click();
    await page.getByRole('region', { name: 'Uploads' }).waitFor({ state: 'detached' });
  });
});
