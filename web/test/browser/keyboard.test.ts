import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../service/test/support/server-process.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { useFilledFolder } from './support/filled-folder.ts';
import { DESKTOP, openGallery, PHONE } from './support/gallery.ts';
import { showsNames, showsPictures } from './support/grid.ts';
import { madePhotographs } from './support/photographs.ts';
import { focused, isFocusSeen, tabTo } from './support/tab-stops.ts';
import { filenames, listed, POLLING } from './support/uploaded.ts';

describeInChromium('the gallery by the keyboard alone', () => {
  const browser = useChromium();
  const folder = useFilledFolder(['One', 'Two', 'Three'].map((title) => ({ title, tags: ['made'] })));

  test('images are uploaded, searched for, looked at, changed, selected, deleted and brought back', async () => {
    const gallery = await openGallery(browser.current, { env: { TRASH_DAYS: '30' } });
    const { page, api } = gallery;
    const { keyboard } = page;
    await page.getByText('No images yet').waitFor();
    // Waited for before it is needed: it takes the browser a moment to hand choosers to the test.
    const chooser = page.waitForEvent('filechooser');
    await tabTo(page, 'Upload');
    await keyboard.press('Enter');
    await (await chooser).setFiles(await madePhotographs(3, await temporaryFolder()));
    await page.getByRole('heading', { name: '3 images uploaded' }).waitFor();
    await showsPictures(page, 3);
    await tabTo(page, 'Close uploads');
    await keyboard.press('Enter');
    expect(await filenames(api)).toEqual(['made-1.jpg', 'made-2.jpg', 'made-3.jpg']);

    await keyboard.press('/');
    expect(await focused(page)).toBe('Search images');
    await keyboard.type('made 2');
    await showsNames(page, ['made-2.jpg']);
    await tabTo(page, 'made-2.jpg');
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'made-2.jpg' }).waitFor();
    await keyboard.press('e');
    await page.getByRole('form').waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
    await keyboard.type('Hills');
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Hills' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await keyboard.press('/');
    await keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelectorAll('[data-image-id]').length === 3);

    const [first = '', second = '', third = ''] = (await listed(api)).map(
      ({ title, filename }) => title ?? filename ?? '',
    );
    await tabTo(page, first);
    await keyboard.press('Space');
    await keyboard.press('Shift+ArrowRight');
    await page.getByText('2 images selected').waitFor();
    expect(await focused(page)).toBe(second);
    await keyboard.press('Delete');
    await page.getByText('2 images moved to the trash').waitFor();
    await page.waitForFunction((name) => document.activeElement?.getAttribute('aria-label') === name, third);
    await expect.poll(async () => (await listed(api)).length, POLLING).toBe(1);
    await keyboard.press('ControlOrMeta+z');
    await expect.poll(async () => (await listed(api)).length, POLLING).toBe(3);
  });

  test('dialogs hold the focus while they are open, and give it back', async () => {
    const { dataDir } = await folder.copy();
    const { page } = await openGallery(browser.current, { dataDir });
    await showsNames(page, ['Three', 'Two', 'One']);
    await tabTo(page, 'Three');
    await page.keyboard.press('Enter');
    const viewer = page.getByRole('dialog', { name: 'Three' });
    await viewer.waitFor();
    const stops = new Set<string>();
    for (let presses = 0; presses < 12; presses++) {
      await page.keyboard.press('Tab');
      stops.add(await focused(page));
      const isOutside = await page.evaluate(
        () =>
          document.activeElement !== document.body && !document.activeElement?.closest('.viewer, .notices'),
      );
      expect(isOutside).toBe(false);
    }
    for (const name of ['Close', 'Download', 'Delete', 'Next image']) expect(stops).toContain(name);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Three');
  });

  test.each([
    ['light', DESKTOP],
    ['dark', DESKTOP],
    ['light', PHONE],
  ] as const)('one sees what has the focus, %s, %o', async (colorScheme, viewport) => {
    const { dataDir } = await folder.copy();
    const { page } = await openGallery(browser.current, { dataDir, colorScheme, viewport });
    await showsPictures(page, 3);
    const unseen: string[] = [];
    const met: string[] = [];
    const meet = async (last: string) => {
      for (let now = ''; now !== last; ) {
        await page.keyboard.press('Tab');
        now = await focused(page);
        if (now === '' || met.length > 60) throw new Error(`The tabulator does not lead to ${last}: ${met}`);
        met.push(now);
        if (!(await isFocusSeen(page))) unseen.push(now);
      }
    };
    await meet('Three');
    await page.keyboard.press('Space');
    await tabTo(page, 'Clear the selection', 'Shift+Tab');
    await meet('Three');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Three' }).waitFor();
    await page.keyboard.press('i');
    await meet('Edit title, description and tags');
    expect(unseen).toEqual([]);
    expect(met).toContain('Search images');
  });
});
