import type { CDPSession, Page } from 'playwright-core';
import { type Task, traced } from './traced-tasks.ts';

export interface FirstPaint {
  /** Milliseconds from the start of the navigation to the first contentful paint, as the browser tells it. */
  readonly contentful: number;
  /** To the frame in which the rows that fill the window are painted, each image with its placeholder or pixels. */
  readonly grid: number;
}

/** Opens the gallery. */
export async function firstPaint(page: Page, url: string): Promise<FirstPaint> {
  await page.addInitScript(() => {
    const fillsWindow = () => {
      const drawn = [...document.querySelectorAll('.tile canvas')];
      return drawn.length > 0 && drawn.some((tile) => tile.getBoundingClientRect().bottom >= innerHeight);
    };
    const look = () => {
      if (!fillsWindow()) requestAnimationFrame(look);
      // The next frame begins when this one has been painted.
      else requestAnimationFrame(() => performance.mark('grid'));
    };
    requestAnimationFrame(look);
  });
  await page.goto(url);
  await page.waitForFunction(() => performance.getEntriesByName('grid').length > 0);
  return page.evaluate(() => ({
    contentful: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    grid: performance.getEntriesByName('grid')[0]?.startTime ?? Number.NaN,
  }));
}

export interface ScrollPass {
  readonly name: string;
  readonly pixels: number;
  /** The number of the furthest row of images that was drawn, from the beginning of the list. */
  readonly furthestRow: number;
  readonly seconds: number;
  readonly frames: number;
  /** Those of 50 ms or more. */
  readonly tasks: readonly Task[];
}

export interface Kept {
  readonly nodes: number;
  /** Bytes. */
  readonly heap: number;
}

/** Pixels a frame: as one reads, as one flings, as one drags the scrollbar, and back. */
const PASSES = [
  { name: 'read through', pixelsAFrame: 40, frames: 300 },
  { name: 'flung through', pixelsAFrame: 600, frames: 500 },
  { name: 'rushed through', pixelsAFrame: 6_000, frames: 1_000 },
  { name: 'rushed back', pixelsAFrame: -6_000, frames: 1_000 },
] as const;

/** Opens the gallery and scrolls through it. */
export async function scrolled(
  page: Page,
  url: string,
): Promise<{ passes: ScrollPass[]; before: Kept; after: Kept }> {
  await page.goto(url);
  await page.locator('.tile img.is-loaded').first().waitFor();
  const devTools = await page.context().newCDPSession(page);
  const before = await kept(devTools);
  const passes: ScrollPass[] = [];
  for (const { name, pixelsAFrame, frames } of PASSES) {
    const { result, tasks } = await traced(page, () => scroll(page, { pixelsAFrame, frames }));
    passes.push({ name, ...result, tasks });
  }
  return { passes, before, after: await kept(devTools) };
}

/** Scrolls by frames, up to so many or to the end of the list. What is fetched meanwhile is waited for. */
function scroll(
  page: Page,
  pass: { readonly pixelsAFrame: number; readonly frames: number },
): Promise<Omit<ScrollPass, 'name' | 'tasks'>> {
  return page.evaluate(async ({ pixelsAFrame, frames }) => {
    const isLoading = () => document.querySelector('.loading-more') !== null;
    let furthestRow = 0;
    const began = performance.now();
    let pixels = 0;
    let drawn = 0;
    for (; drawn < frames; drawn++) {
      await new Promise(requestAnimationFrame);
      const before = scrollY;
      scrollBy({ top: pixelsAFrame, behavior: 'instant' });
      pixels += Math.abs(scrollY - before);
      for (const row of document.querySelectorAll('.grid-row')) {
        furthestRow = Math.max(furthestRow, Number(row.getAttribute('aria-rowindex')));
      }
      if (scrollY === before && (pixelsAFrame < 0 || !isLoading())) break;
    }
    return { pixels, furthestRow, seconds: (performance.now() - began) / 1000, frames: drawn };
  }, pass);
}

/** After all that nobody needs has been let go of. */
async function kept(devTools: CDPSession): Promise<Kept> {
  await devTools.send('HeapProfiler.collectGarbage');
  const { nodes } = await devTools.send('Memory.getDOMCounters');
  const { usedSize } = await devTools.send('Runtime.getHeapUsage');
  return { nodes, heap: usedSize };
}
