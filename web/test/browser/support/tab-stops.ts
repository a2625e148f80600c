import type { Page } from 'playwright-core';

/** What has the keyboard's focus, as somebody is told of it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return '';
    return element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '';
  });
}

/** Presses the tabulator until something of this name has the focus. @throws Error where nothing has. */
export async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  const met: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (typeof name === 'string' ? now === name : name.test(now)) return;
    met.push(now);
  }
  throw new Error(`The tabulator does not lead to ${name}: ${met.join(' | ')}`);
}

/** Whether one sees that something has the focus: it looks otherwise without. */
export async function isFocusSeen(page: Page): Promise<boolean> {
  const box = await page.evaluate(() => {
    const { left, top, width, height } = document.activeElement?.getBoundingClientRect() ?? new DOMRect();
    return { left, top, width, height };
  });
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const x = Math.max(0, box.left - 6);
  const y = Math.max(0, box.top - 6);
  const clip = {
    x,
    y,
    width: Math.max(1, Math.min(width - x, box.width + 12)),
    height: Math.max(1, Math.min(height - y, box.height + 12)),
  };
  const look = () => page.screenshot({ clip, animations: 'disabled', caret: 'hide' });
  const withFocus = await look();
  const element = await page.evaluateHandle(() => {
    const had = document.activeElement as HTMLElement;
    had.blur();
    return had;
  });
  const without = await look();
  await element.evaluate((had) => had.focus());
  return !withFocus.equals(without);
}
