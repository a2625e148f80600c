import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../service/test/support/server-process.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { dropFiles } from './support/drop-files.ts';
import { openGallery } from './support/gallery.ts';
import { showsPictures } from './support/grid.ts';
import { photographs } from './support/photographs.ts';
import { filenames, namesOf } from './support/uploaded.ts';

describeInChromium('uploads in the gallery', () => {
  const browser = useChromium();

  test('30 photographs dropped at once are uploaded with progress, and each is shown and there once', async () => {
    const gallery = await openGallery(browser.current);
    const { page, api } = gallery;
    await page.getByText('No images yet').waitFor();
    const photos = await photographs(30, await temporaryFolder());
    await dropFiles(gallery, photos);
    const tray = page.getByRole('region', { name: 'Uploads' });
    await tray.getByRole('progressbar', { name: 'All uploads' }).waitFor();
    await tray.getByRole('heading', { name: /^Uploading: [1-9]\d? of 30 done$/ }).waitFor();
    await tray.getByRole('heading', { name: '30 images uploaded' }).waitFor();
    await page.setViewportSize({ width: 1440, height: 6000 });
    await showsPictures(page, 30);
    expect(await filenames(api)).toEqual(namesOf(photos));
  });
});
