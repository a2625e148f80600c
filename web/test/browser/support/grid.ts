import type { Page } from 'playwright-core';

export const tiles = (page: Page) => page.locator('[data-image-id]');

/** The tile of an image, by its id. */
export const tile = (page: Page, image_id: string) => page.locator(`[data-image-id="${image_id}"]`);

/** What an image is called in the grid. */
export const link = (page: Page, name: string) =>
  page.getByRole('grid').getByRole('link', { name, exact: true });

/** Waits until so many images are in the grid, no more and no less, and each shows its pixels. */
export async function showsPictures(page: Page, count: number): Promise<void> {
  await page.waitForFunction((expected) => {
    const all = [...document.querySelectorAll('[data-image-id]')];
    const isDecoded = (tile: Element) => {
      const img = tile.querySelector('img');
      return img?.complete === true && img.naturalWidth > 0;
    };
    return all.length === expected && all.every(isDecoded);
  }, count);
}

/** The names in the grid, in the order in which they are read. */
export function names(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.grid-row')]
      .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
      .flatMap((row) =>
        [...row.querySelectorAll('.tile-link')].map((tile) => tile.getAttribute('aria-label') ?? ''),
      ),
  );
}

/** Waits until the grid shows these, in this order. */
export async function showsNames(page: Page, expected: readonly string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('.grid-row')]
        .sort((a, b) => Number(a.getAttribute('aria-rowindex')) - Number(b.getAttribute('aria-rowindex')))
        .flatMap((row) =>
          [...row.querySelectorAll('.tile-link')].map((link) => link.getAttribute('aria-label')),
        )
        .join('\n') === wanted,
    expected.join('\n'),
  );
}
