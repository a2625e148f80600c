import { expect, test } from 'vitest';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { useFilledFolder } from './support/filled-folder.ts';
import { openGallery } from './support/gallery.ts';
import { showsNames } from './support/grid.ts';

const PICTURES = [
  { title: 'Harbour at dawn', tags: ['sea', 'city'] },
  { title: 'Heron', description: 'Waits in the reeds', tags: ['birds', 'sea'] },
  { title: 'Café in Évora', tags: ['city'] },
];
const NEWEST_FIRST = ['Café in Évora', 'Heron', 'Harbour at dawn'];

describeInChromium('finding images in the gallery', () => {
  const browser = useChromium();
  const folder = useFilledFolder(PICTURES);

  async function open() {
    const { dataDir } = await folder.copy();
    return openGallery(browser.current, { dataDir });
  }

  test('what is typed is searched for at once, and one image is found', async () => {
    const { page } = await open();
    await showsNames(page, NEWEST_FIRST);
    const search = page.getByRole('searchbox', { name: 'Search images' });
    await search.pressSequentially('evor');
    await showsNames(page, ['Café in Évora']);
    expect(new URL(page.url()).search).toBe('?q=evor');
    await search.fill('reeds');
    await showsNames(page, ['Heron']);
    await search.fill('zebra');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await page.getByRole('button', { name: 'Clear search' }).click();
    await showsNames(page, NEWEST_FIRST);
  });

  test('tags narrow the list together, and each can be taken off again', async () => {
    const { page } = await open();
    const tag = page.getByRole('combobox', { name: 'Filter by tag' });
    await tag.fill('sea');
    await tag.press('Enter');
    await showsNames(page, ['Heron', 'Harbour at dawn']);
    await tag.fill('City');
    await tag.press('Enter');
    await showsNames(page, ['Harbour at dawn']);
    await page.getByRole('button', { name: 'Remove the tag filter sea' }).click();
    await showsNames(page, ['Café in Évora', 'Harbour at dawn']);
    await page.getByRole('combobox', { name: 'Sort' }).selectOption('Oldest first');
    await showsNames(page, ['Harbour at dawn', 'Café in Évora']);
  });

  test('a range of dates leaves out what was uploaded on other days', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: /^Date: / }).click();
    await page.getByLabel('From', { exact: true }).fill('2020-01-01');
    await page.getByLabel('To', { exact: true }).fill('2020-12-31');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await showsNames(page, NEWEST_FIRST);
    await page.getByRole('button', { name: /^Date: / }).click();
    await page.getByRole('button', { name: 'Today' }).click();
    await page.waitForURL(/[?&]from=/);
    await showsNames(page, NEWEST_FIRST);
  });

  test('the browser goes back through what was looked at, and on again; the address shows the same', async () => {
    const { page } = await open();
    const tag = page.getByRole('combobox', { name: 'Filter by tag' });
    await tag.fill('city');
    await tag.press('Enter');
    await showsNames(page, ['Café in Évora', 'Harbour at dawn']);
    await page.getByRole('searchbox', { name: 'Search images' }).pressSequentially('harbour');
    // Its first letter finds the same picture, before the rest has been looked for.
    await page.waitForURL(/[?&]q=harbour/);
    await showsNames(page, ['Harbour at dawn']);
    await page.goBack();
    await showsNames(page, ['Café in Évora', 'Harbour at dawn']);
    await page.goBack();
    await showsNames(page, NEWEST_FIRST);
    await page.goForward();
    await page.goForward();
    await showsNames(page, ['Harbour at dawn']);
    expect(await page.getByRole('searchbox', { name: 'Search images' }).inputValue()).toBe('harbour');
    await page.reload();
    await showsNames(page, ['Harbour at dawn']);
  });
});
