import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ROOT } from '../../../service/test/support/server-process.ts';
import { describeInChromium, useChromium } from './support/chromium.ts';
import { useFilledFolder } from './support/filled-folder.ts';
import { openGallery, USER } from './support/gallery.ts';
import { listed, POLLING } from './support/uploaded.ts';

const COUNT = 2_000;

/** So that there are fewer steps to the end. */
const TALL = { width: 1440, height: 1800 };

/** What is drawn and kept is what lies near the window, whatever has been scrolled through. */
const MOST_NODES = 6_000;
const MOST_GROWTH_BYTES = 24 * 1024 * 1024;

/** Adds records that show the pixels of those that are there. */
async function seed(dataDir: string, images: number): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      'bench/seed-images.ts',
      '--data-dir',
      dataDir,
      '--images',
      String(images),
      '--user',
      USER,
    ],
    { cwd: ROOT },
  );
}

/**
 * Scrolls to the end of the list, or to its beginning.
 * @param windows how far at a time, in heights of the window; below 0 it goes up.
 * @returns where each image was met: in one place, or in several.
 */
function scrollThrough(page: Page, windows: number): Promise<Record<string, number[]>> {
  return page.evaluate(async (step) => {
    const met: Record<string, number[]> = {};
    const frame = () => new Promise(requestAnimationFrame);
    const isThere = () => {
      const gaps = [...document.querySelectorAll('.grid-gap, .loading-more')];
      return gaps.every((gap) => {
        const { top, bottom } = gap.getBoundingClientRect();
        return bottom < 0 || top > innerHeight;
      });
    };
    for (;;) {
      await frame();
      await frame();
      while (!isThere()) await frame();
      const grid = document.querySelector('.grid')?.getBoundingClientRect().top ?? 0;
      for (const tile of document.querySelectorAll('[data-image-id]')) {
        const place = Math.round(tile.getBoundingClientRect().top - grid);
        const image_id = tile.getAttribute('data-image-id') ?? '';
        met[image_id] = [...new Set([...(met[image_id] ?? []), place])];
      }
      const before = scrollY;
      scrollBy({ top: step * innerHeight, behavior: 'instant' });
      if (scrollY === before) return met;
    }
  }, windows);
}

/** After all that nobody needs has been let go of. */
async function kept(devTools: CDPSession): Promise<{ nodes: number; heap: number }> {
  await devTools.send('HeapProfiler.collectGarbage');
  const { nodes } = await devTools.send('Memory.getDOMCounters');
  const { usedSize } = await devTools.send('Runtime.getHeapUsage');
  return { nodes, heap: usedSize };
}

const onScreen = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('[data-image-id]')]
      .filter((tile) => tile.getBoundingClientRect().top < innerHeight)
      .map((tile) => tile.getAttribute('data-image-id'))
      .sort(),
  );

describeInChromium('scrolling through thousands of images', () => {
  const browser = useChromium();
  const folder = useFilledFolder([{}, {}, {}, {}, {}, {}]);

  test('shows each once and in one place, keeps no more of them than before, and leads back to the same rows', async () => {
    const { dataDir } = await folder.copy();
    await seed(dataDir, COUNT);
    const { page, api, devTools } = await openGallery(browser.current, { dataDir, viewport: TALL });
    await page.locator('.tile img.is-loaded').first().waitFor();
    const ids = (await listed(api, { limit: 200 })).map(({ image_id }) => image_id);
    expect(ids).toHaveLength(COUNT + 6);
    const beginning = await onScreen(page);
    const before = await kept(devTools);
    const down = await scrollThrough(page, 0.8);
    expect(Object.keys(down).sort()).toEqual([...ids].sort());
    expect(Object.entries(down).filter(([, places]) => places.length !== 1)).toEqual([]);
    const after = await kept(devTools);
    expect(after.nodes).toBeLessThan(MOST_NODES);
    expect(after.heap - before.heap).toBeLessThan(MOST_GROWTH_BYTES);
    const up = await scrollThrough(page, -3);
    for (const [image_id, places] of Object.entries(up)) expect(places).toEqual(down[image_id]);
    expect(await onScreen(page)).toEqual(beginning);
  });

  test('says where one is that something could not be fetched, and goes on when it is asked to', async () => {
    const { dataDir } = await folder.copy();
    await seed(dataDir, COUNT);
    const options = { dataDir, viewport: TALL, expectedErrors: [/status of 503/] };
    const { page } = await openGallery(browser.current, options);
    await page.locator('.tile img.is-loaded').first().waitFor();
    const beginning = await onScreen(page);
    await scrollThrough(page, 3);
    await page.route('**/images?*', (route) => route.fulfill({ status: 503 }));
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    const message = page.getByRole('alert').filter({ hasText: 'The images could not be loaded' });
    await message.waitFor();
    const box = await message.boundingBox();
    expect((box?.y ?? TALL.height) + (box?.height ?? 0)).toBeLessThanOrEqual(TALL.height);
    await page.unroute('**/images?*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => onScreen(page), POLLING).toEqual(beginning);
  });
});
