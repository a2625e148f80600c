import { TintypeError } from '@tintype/client';
import { expect, test } from 'vitest';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { useFilledFolder } from './support/filled-folder.ts';
import { type OpenGallery, openGallery, USER } from './support/gallery.ts';
import { link, showsNames, tile } from './support/grid.ts';
import { listed, POLLING } from './support/uploaded.ts';

const PICTURES = ['One', 'Two', 'Three', 'Four'].map((title) => ({ title }));
const NEWEST_FIRST = ['Four', 'Three', 'Two', 'One'];

/** Titles that the service lists, the newest first. */
async function titles({ api }: OpenGallery, deleted = false): Promise<(string | null)[]> {
  return (await listed(api, deleted ? { deleted } : {})).map(({ title }) => title);
}

async function isGone({ api }: OpenGallery, image_id: string): Promise<boolean> {
  try {
    await api.view(image_id);
    return false;
  } catch (error) {
    if (error instanceof TintypeError && error.code === 'not_found') return true;
    throw error;
  }
}

describeInChromium('deleting in the gallery', () => {
  const browser = useChromium();
  const folder = useFilledFolder(PICTURES);

  async function open(trashDays: number) {
    const { dataDir, images } = await folder.copy();
    const env = { TRASH_DAYS: String(trashDays) };
    const gallery = await openGallery(browser.current, { env, dataDir });
    await showsNames(gallery.page, NEWEST_FIRST);
    return { ...gallery, images };
  }

  /** Ticks the boxes of images. */
  async function select({ page, images }: Awaited<ReturnType<typeof open>>, wanted: readonly string[]) {
    for (const title of wanted) {
      const image_id = images.find((image) => image.title === title)?.image_id ?? '';
      await tile(page, image_id).hover();
      await tile(page, image_id).locator('.tile-check').click();
    }
    await page.getByText(`${wanted.length} images selected`).waitFor();
  }

  test('into the trash is undone by a button, and by the keys for it', async () => {
    const gallery = await open(30);
    const { page } = gallery;
    await link(page, 'Three').focus();
    await page.keyboard.press('Delete');
    await showsNames(page, ['Four', 'Two', 'One']);
    await page.getByText('1 image moved to the trash').waitFor();
    expect(await titles(gallery, true)).toEqual(['Three']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await showsNames(page, NEWEST_FIRST);
    expect(await titles(gallery)).toEqual(NEWEST_FIRST);
    await link(page, 'One').focus();
    await page.keyboard.press('Delete');
    await page.getByText('1 image moved to the trash').waitFor();
    await page.keyboard.press('ControlOrMeta+z');
    await showsNames(page, NEWEST_FIRST);
    expect(await titles(gallery)).toEqual(NEWEST_FIRST);
  });

  test('in the viewer goes on to the next image', async () => {
    const gallery = await open(30);
    const { page } = gallery;
    await link(page, 'Three').click();
    await page.getByRole('dialog', { name: 'Three' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog', { name: 'Two' }).waitFor();
    await page.keyboard.press('Escape');
    await showsNames(page, ['Four', 'Two', 'One']);
    await expect.poll(() => titles(gallery, true), POLLING).toEqual(['Three']);
  });

  test('of several images at once is undone at once', async () => {
    const gallery = await open(30);
    const { page } = gallery;
    await select(gallery, ['Four', 'Two', 'One']);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await showsNames(page, ['Three']);
    await page.getByText('3 images moved to the trash').waitFor();
    expect(await titles(gallery)).toEqual(['Three']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await showsNames(page, NEWEST_FIRST);
    await expect.poll(() => titles(gallery), POLLING).toEqual(NEWEST_FIRST);
  });

  test('can be undone where there is no trash, too: nothing is deleted before', async () => {
    const gallery = await open(0);
    const { page } = gallery;
    await link(page, 'Two').focus();
    await page.keyboard.press('Delete');
    await showsNames(page, ['Four', 'Three', 'One']);
    await page.getByText('1 image deleted').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await showsNames(page, NEWEST_FIRST);
    expect(await titles(gallery)).toEqual(NEWEST_FIRST);
  });

  test('is done where there is no trash as soon as the page is left', async () => {
    const gallery = await open(0);
    const { page, images } = gallery;
    await link(page, 'Two').focus();
    await page.keyboard.press('Delete');
    await page.getByText('1 image deleted').waitFor();
    await page.goto('about:blank');
    await expect.poll(() => isGone(gallery, images[1]?.image_id ?? ''), POLLING).toBe(true);
    expect(await titles(gallery)).toEqual(['Four', 'Three', 'One']);
  });

  test('is done where there is no trash when nobody has undone it', async () => {
    const gallery = await open(0);
    const { page } = gallery;
    await select(gallery, ['Four', 'Three']);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await showsNames(page, ['Two', 'One']);
    await expect.poll(() => titles(gallery), POLLING).toEqual(['Two', 'One']);
    await page.reload();
    await showsNames(page, ['Two', 'One']);
  });

  test('from the trash asks first, and restoring brings an image back', async () => {
    const gallery = await open(30);
    const { page, api, images } = gallery;
    await api.deleteMany(images.slice(0, 3).map(({ image_id }) => image_id));
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-image-id]').length === 3);
    await select(gallery, ['Two', 'Three']);
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByText('2 images restored').waitFor();
    await showsNames(page, ['One']);
    expect(await titles(gallery)).toEqual(['Four', 'Three', 'Two']);
    await link(page, 'One').focus();
    await page.keyboard.press('Delete');
    const question = page.getByRole('dialog', { name: 'Delete 1 image for good?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'hidden' });
    expect(await titles(gallery, true)).toEqual(['One']);
    await link(page, 'One').focus();
    await page.keyboard.press('Delete');
    await question.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('heading', { name: 'The trash is empty' }).waitFor();
    await expect.poll(() => titles(gallery, true), POLLING).toEqual([]);
    await page.getByRole('link', { name: 'Photos', exact: true }).click();
    await showsNames(page, ['Four', 'Three', 'Two']);
  });

  test('of an upload under way asks first: the trash does not have it', async () => {
    const gallery = await open(30);
    const { page, api } = gallery;
    const { image } = await api.startUpload({
      user_id: USER,
      filename: 'half.jpg',
      content_type: 'image/jpeg',
      size_bytes: 10_000_000,
      method: 'parts',
    });
    await page.getByRole('link', { name: 'Processing' }).click();
    await tile(page, image.image_id).locator('a').focus();
    await page.keyboard.press('Delete');
    const question = page.getByRole('dialog', { name: 'Delete 1 image for good?' });
    await question.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByRole('heading', { name: 'Nothing is being processed' }).waitFor();
    await expect.poll(() => isGone(gallery, image.image_id), POLLING).toBe(true);
  });

  test('leaves tags alone, which are changed of several images at once', async () => {
    const gallery = await open(30);
    const { page, api } = gallery;
    await select(gallery, ['Four', 'One']);
    await page.getByRole('button', { name: 'Edit tags' }).click();
    const dialog = page.getByRole('dialog', { name: 'Tags of 2 images' });
    await dialog.getByRole('textbox').fill('Summer, sea');
    await dialog.getByRole('button', { name: 'Add tags' }).click();
    await page.getByText('Tags of 2 images changed').waitFor();
    const tagged = (await listed(api, { tag: ['summer', 'sea'] })).map(({ title }) => title);
    expect(tagged).toEqual(['Four', 'One']);
  });
});
