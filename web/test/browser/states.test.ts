import { basename } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../service/test/support/server-process.ts';
import { AUDIENCE, ISSUER, useIssuer } from '../../../service/test/support/token-issuer.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { dropFiles } from './support/drop-files.ts';
import { DESKTOP, type OpenGallery, openGallery, PHONE } from './support/gallery.ts';
import { tiles } from './support/grid.ts';
import { lookAt } from './support/looked-at.ts';
import { goOffline, goOnline } from './support/network.ts';
import { photographs } from './support/photographs.ts';
import { startProvider } from './support/provider.ts';
import { listed, POLLING, sizeOf } from './support/uploaded.ts';

const DEVICES = [
  ['desktop', { viewport: DESKTOP }],
  ['phone', { viewport: PHONE, hasTouch: true }],
] as const;

const EXPECTED = [/net::ERR_INTERNET_DISCONNECTED/, /status of 401/, /status of 412/];

const TEXTS = [
  {
    title: 'Osprey on its perch',
    tags: ['birds', 'sea'],
    description: 'It waited for an hour.\nThen it was gone.',
  },
  { title: 'Anhinga in the sun', tags: ['birds'] },
  { title: 'Spiral', tags: ['architecture'] },
  { title: 'Shrike', tags: ['birds', 'garden'] },
  { title: 'The spices of life, at a market that goes on and on along the river', tags: ['food', 'travel'] },
  { title: 'Periwinkle', tags: ['flowers', 'garden', 'blue', 'macro', 'spring', 'a rather long tag to see'] },
];

/** Uploads photographs by dropping them, with a look at each state on the way, and gives some of them texts. */
async function fill(gallery: OpenGallery, device: string): Promise<void> {
  const { page, api } = gallery;
  await page.getByText('No images yet').waitFor();
  await lookAt(page, device, 'empty');
  const photos = await photographs(14, await temporaryFolder());
  // So slow that they are on their way while they are looked at.
  await goOnline(gallery, { upload: (await sizeOf(photos)) / 20 });
  await dropFiles(gallery, [...photos, new URL(import.meta.url).pathname]);
  await page.getByRole('heading', { name: /^Uploading: [1-9]\d? of 15 done/ }).waitFor();
  await lookAt(page, device, 'uploading');
  await goOffline(gallery);
  await page.getByText('You are offline.').waitFor();
  await lookAt(page, device, 'offline');
  await goOnline(gallery);
  await page.getByRole('heading', { name: '14 images uploaded, 1 failed' }).waitFor();
  await lookAt(page, device, 'uploaded');
  await page.getByRole('button', { name: 'Close uploads' }).click();
  const images = await listed(api);
  expect(images).toHaveLength(14);
  for (const [at, texts] of TEXTS.entries()) {
    const image = images.find(({ filename }) => filename === basename(photos[at] ?? ''));
    await api.update(image?.image_id ?? '', texts);
  }
  const isProcessed = async () =>
    (await listed(api)).filter(({ renditions }) => Object.keys(renditions).length > 0).length;
  await expect.poll(isProcessed, POLLING).toBe(14);
  await page.reload();
}

/** Waits until all pictures that can be seen are there. */
async function isSettled({ page }: OpenGallery): Promise<void> {
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.tile, .stage-picture')]
      .filter((picture) => picture.getBoundingClientRect().top < innerHeight)
      .every((picture) => picture.querySelector('img.is-loaded') !== null),
  );
}

type Look = (state: string) => Promise<void>;

async function lookAtLists({ page }: OpenGallery, look: Look): Promise<void> {
  await tiles(page).nth(5).waitFor();
  await look('grid');
  const search = page.getByRole('searchbox');
  await search.fill('anhing');
  await showsCount(page, 1);
  await look('search');
  await search.fill('nothing like it');
  await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
  await look('nothing-found');
  await page.getByRole('button', { name: 'Clear filters' }).click();
  const tag = page.getByRole('combobox', { name: 'Filter by tag' });
  await tag.fill('garden');
  await tag.press('Enter');
  await showsCount(page, 2);
  await page.getByRole('button', { name: /^Date: / }).click();
  await page.getByRole('dialog', { name: 'Date of upload' }).waitFor();
  await look('filters');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove the tag filter garden' }).click();
  await tiles(page).nth(5).waitFor();
  await page.getByRole('button', { name: 'Account of me' }).click();
  await page.getByText('of 100').waitFor();
  await look('account');
  await page.keyboard.press('Escape');
}

async function lookAtViewer({ page, api }: OpenGallery, look: Look): Promise<void> {
  await page.getByRole('link', { name: 'Osprey on its perch' }).focus();
  await page.keyboard.press('Enter');
  const viewer = page.getByRole('dialog', { name: 'Osprey on its perch' });
  await viewer.waitFor();
  await look('viewer');
  await page.keyboard.press('i');
  await viewer.getByText('Uploaded', { exact: true }).waitFor();
  await look('viewer-details');
  await page.keyboard.press('e');
  await viewer.getByRole('form').waitFor();
  await look('editing');
  const image_id = new URL(page.url()).searchParams.get('image') ?? '';
  await api.update(image_id, { title: 'Fish eagle' });
  await viewer.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Somebody else has changed this image').waitFor();
  await look('conflict');
  await page.getByRole('button', { name: 'Save mine instead' }).click();
  await viewer.getByRole('form').waitFor({ state: 'detached' });
  await page.keyboard.press('i');
  await page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'detached' });
}

async function lookAtDeleting({ page }: OpenGallery, look: Look): Promise<void> {
  for (const name of ['Shrike', 'Spiral']) {
    await page.getByRole('link', { name }).focus();
    await page.keyboard.press('x');
  }
  await page.getByText('2 images selected').waitFor();
  await look('selection');
  await page.getByRole('button', { name: 'Edit tags' }).click();
  await page.getByRole('dialog', { name: 'Tags of 2 images' }).waitFor();
  await look('edit-tags');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('2 images moved to the trash').waitFor();
  await look('deleted');
  await page.getByRole('link', { name: 'Trash' }).click();
  await showsCount(page, 2);
  await look('trash');
  await page.getByRole('link', { name: 'Spiral' }).focus();
  await page.keyboard.press('Delete');
  await page.getByRole('dialog', { name: 'Delete 1 image for good?' }).waitFor();
  await look('delete-for-good');
}

async function showsCount(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (expected) => document.querySelectorAll('[data-image-id]').length === expected,
    count,
  );
}

describeInChromium('the states of the gallery', () => {
  const browser = useChromium();
  const issuer = useIssuer();

  test.each(DEVICES)('look tended on a %s, and axe finds nothing serious', async (device, options) => {
    const env = { TRASH_DAYS: '30', MAX_BYTES_PER_USER: '40000000', MAX_IMAGES_PER_USER: '100' };
    const gallery = await openGallery(browser.current, { ...options, env, expectedErrors: EXPECTED });
    const look = async (state: string) => {
      await isSettled(gallery);
      await lookAt(gallery.page, device, state);
    };
    await fill(gallery, device);
    await lookAtLists(gallery, look);
    await lookAtViewer(gallery, look);
    await lookAtDeleting(gallery, look);
  });

  test.each(DEVICES)(
    'of signing in look tended on a %s, and axe finds nothing serious',
    async (device, options) => {
      const env = { AUTH: 'jwt', JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWT_JWKS_URL: issuer.url };
      const { page } = await openGallery(browser.current, { ...options, env, expectedErrors: EXPECTED });
      await page.getByLabel('Access token').fill('not a token');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('This is no token for this service').waitFor();
      await lookAt(page, device, 'sign-in-by-token');
      await page.getByLabel('Access token').fill(await issuer.token());
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('No images yet').waitFor();
      await page.route('**/images?*', (route) =>
        route.fulfill({
          status: 401,
          contentType: 'application/problem+json',
          body: '{"code":"unauthenticated"}',
        }),
      );
      await page.getByRole('link', { name: 'Trash' }).click();
      await page.getByRole('dialog', { name: 'Your sign-in has ended' }).waitFor();
      await lookAt(page, device, 'sign-in-ended');
      const provider = await startProvider();
      const other = await openGallery(browser.current, { ...options, env: provider.env });
      await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
      await lookAt(other.page, device, 'sign-in');
    },
  );
});
