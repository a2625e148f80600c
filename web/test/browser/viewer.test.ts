import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { useFilledFolder } from './support/filled-folder.ts';
import { openGallery } from './support/gallery.ts';
import { link, showsNames } from './support/grid.ts';
import { madePhotograph } from './support/made-photograph.ts';
import { POLLING } from './support/uploaded.ts';

const PICTURES = [{ title: 'First' }, { title: 'Second' }, { title: 'Third' }];
const NEWEST_FIRST = ['Third', 'Second', 'First'];

describeInChromium('the viewer', () => {
  const browser = useChromium();
  const folder = useFilledFolder(PICTURES);

  /** With three images, of which the newest has the keyboard's focus. */
  async function open(expectedErrors: readonly RegExp[] = []) {
    const { dataDir, images } = await folder.copy();
    const gallery = await openGallery(browser.current, { dataDir, expectedErrors });
    await showsNames(gallery.page, NEWEST_FIRST);
    await link(gallery.page, 'Third').focus();
    return { ...gallery, images };
  }

  test('is opened, stepped through and closed by keys, and the focus is then at the image that was seen last', async () => {
    const { page } = await open();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Third' }).waitFor();
    await page.waitForFunction(() => {
      const img = document.querySelector<HTMLImageElement>('.stage-picture img');
      return img?.complete === true && img.naturalWidth > 0;
    });
    await page.keyboard.press('ArrowRight');
    await page.getByRole('dialog', { name: 'Second' }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('dialog', { name: 'First' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('dialog', { name: 'Second' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Second');
    expect(new URL(page.url()).search).toBe('');
  });

  test('changes title, description and tags by the keyboard alone', async () => {
    const { page, api, images } = await open();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Third' }).waitFor();
    await page.keyboard.press('e');
    const form = page.getByRole('form', { name: 'Edit the image' });
    await form.waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Otter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Near the weir');
    await page.keyboard.press('Tab');
    await page.keyboard.type('River, animals, river');
    await page.keyboard.press('Enter');
    await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
    await page.getByRole('dialog', { name: 'Otter' }).waitFor();
    const { title, description, tags } = await api.view(images[2]?.image_id ?? '');
    expect({ title, description, tags }).toEqual({
      title: 'Otter',
      description: 'Near the weir',
      tags: expect.arrayContaining(['animals', 'river']),
    });
    expect(tags).toHaveLength(2);
    await page.keyboard.press('Escape');
    await showsNames(page, ['Otter', 'Second', 'First']);
  });

  test('says so when somebody else has changed the image meanwhile, and overwrites it only when told to', async () => {
    const { page, api, images } = await open([/status of 412/]);
    const image_id = images[2]?.image_id ?? '';
    await page.keyboard.press('Enter');
    await page.keyboard.press('e');
    const title = page.getByRole('textbox', { name: 'Title' });
    await title.fill('Mine');
    await api.update(image_id, { title: 'Theirs' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const conflict = page.getByRole('alert').filter({ hasText: 'Somebody else has changed this image' });
    await conflict.getByText('Theirs').waitFor();
    expect((await api.view(image_id)).title).toBe('Theirs');
    await conflict.getByRole('button', { name: 'Save mine instead' }).click();
    await page.getByRole('dialog', { name: 'Mine' }).waitFor();
    expect((await api.view(image_id)).title).toBe('Mine');
  });

  test('takes over what somebody else has made of an image', async () => {
    const { page, api, images } = await open([/status of 412/]);
    await page.keyboard.press('Enter');
    await page.keyboard.press('e');
    await page.getByRole('textbox', { name: 'Title' }).fill('Mine');
    await api.update(images[2]?.image_id ?? '', { title: 'Theirs', tags: ['new'] });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Use their changes' }).click();
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('form.edit input')?.value === 'Theirs',
    );
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog', { name: 'Theirs' }).waitFor();
    expect((await api.view(images[2]?.image_id ?? '')).tags).toEqual(['new']);
  });

  test('enlarges an image whose URLs have ended by new ones', async () => {
    const { dataDir, images } = await folder.copy();
    const options = { env: { URL_EXPIRES_SECONDS: '3' }, dataDir, expectedErrors: [/status of 403/] };
    const { page, api } = await openGallery(browser.current, options);
    await link(page, 'Third').click();
    const pictures = page.locator('.stage-picture img.is-loaded');
    await pictures.waitFor();
    // Those of the viewer are no younger.
    const { url } = await api.view(images[2]?.image_id ?? '');
    await expect.poll(async () => (await fetch(url ?? '')).status, POLLING).toBe(403);
    for (const _ of [1, 2, 3]) await page.keyboard.press('+');
    await page.waitForFunction(() => document.querySelectorAll('.stage-picture img.is-loaded').length === 2);
  });

  test('downloads the same bytes, under the name of the file', async () => {
    const { page } = await open();
    await page.keyboard.press('Enter');
    const begun = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const download = await begun;
    expect(download.suggestedFilename()).toBe('picture-3.jpg');
    expect(await readFile(await download.path())).toEqual(await madePhotograph(2));
  });

  test('shows the image of an address that is opened directly, and closes to the list', async () => {
    const { page, images } = await open();
    await page.goto(`${new URL(page.url()).origin}/?image=${images[1]?.image_id}`);
    await page.getByRole('dialog', { name: 'Second' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await showsNames(page, NEWEST_FIRST);
  });
});
