import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../service/test/support/server-process.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { dropFiles } from './support/drop-files.ts';
import { openGallery } from './support/gallery.ts';
import { showsPictures } from './support/grid.ts';
import { goOnline } from './support/network.ts';
import { madePhotographs, photographs } from './support/photographs.ts';
import { filenames, listed, namesOf, sizeOf } from './support/uploaded.ts';

describeInChromium('uploads in the gallery', () => {
  const browser = useChromium();

  test('30 photographs dropped at once are uploaded with progress, and each is shown and there once', async () => {
    const gallery = await openGallery(browser.current);
    const { page, api } = gallery;
    await page.getByText('No images yet').waitFor();
    const photos = await photographs(30, await temporaryFolder());
    // So that they are seen on their way, however small they are.
    await goOnline(gallery, { upload: (await sizeOf(photos)) / 3 });
    await dropFiles(gallery, photos);
    const tray = page.getByRole('region', { name: 'Uploads' });
    await tray.getByRole('progressbar', { name: 'All uploads' }).waitFor();
    await tray.getByRole('heading', { name: /^Uploading: [1-9]\d? of 30 done$/ }).waitFor();
    await tray.getByRole('heading', { name: '30 images uploaded' }).waitFor();
    await page.setViewportSize({ width: 1440, height: 6000 });
    await showsPictures(page, 30);
    expect(await filenames(api)).toEqual(namesOf(photos));
  });

  test('a picture that was copied elsewhere is uploaded by pasting it', async () => {
    const { page, context, api } = await openGallery(browser.current);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByText('No images yet').waitFor();
    await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(320, 200);
      canvas.getContext('2d')?.fillRect(40, 40, 100, 100);
      const picture = await canvas.convertToBlob({ type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
    });
    await page.keyboard.press('ControlOrMeta+v');
    await page.getByRole('heading', { name: '1 image uploaded' }).waitFor();
    await showsPictures(page, 1);
    const [image, ...others] = await listed(api);
    expect(others).toEqual([]);
    expect(image).toMatchObject({ content_type: 'image/png', width: 320, height: 200 });
    expect(image?.filename).toMatch(/^Pasted .*\.png$/);
  });

  test('a folder is uploaded with what is in it, at whatever depth', async () => {
    const gallery = await openGallery(browser.current);
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'trip', 'day 1'), { recursive: true });
    await madePhotographs(2, join(folder, 'trip', 'day 1'));
    await writeFile(join(folder, 'trip', '.hidden.jpg'), 'not looked at');
    await gallery.page.getByText('No images yet').waitFor();
    await dropFiles(gallery, [join(folder, 'trip')]);
    await gallery.page.getByRole('heading', { name: '2 images uploaded' }).waitFor();
    expect(await filenames(gallery.api)).toEqual(['made-1.jpg', 'made-2.jpg']);
  });
});
