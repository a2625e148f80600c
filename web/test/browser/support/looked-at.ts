import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { ROOT } from '../../../../service/test/support/server-process.ts';

const FOLDER = join(ROOT, 'build', 'screenshots');

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCHEMES = ['light', 'dark'] as const;

/**
 * Keeps a picture of the page, light and dark, as `build/screenshots/{device}-{scheme}-{state}.png`; and has
 * axe look for what keeps people with disabilities out: nothing serious may be found.
 */
export async function lookAt(page: Page, device: string, state: string): Promise<void> {
  const isTooWide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect.soft(isTooWide, `${state}, ${device}, is wider than the window`).toBe(false);
  await mkdir(FOLDER, { recursive: true });
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const path = join(FOLDER, `${device}-${colorScheme}-${state}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    expect.soft(await seriousProblems(page), `${state}, ${device}, ${colorScheme}`).toEqual([]);
  }
}

/** What axe finds serious or critical, a line each. */
export async function seriousProblems(page: Page): Promise<string[]> {
  // By the developer tools, which the page's security policy does not hold back.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(context: Document, options: RunOptions): Promise<AxeResults> };
    };
    return axe.run(document, { resultTypes: ['violations'] });
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
}
