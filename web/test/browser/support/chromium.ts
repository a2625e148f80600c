import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { CHROMIUM, CHROMIUM_ARGUMENTS, HAS_CHROMIUM } from './chromium-path.ts';

/** As `describe`; skipped where there is no Chromium, which is said once before all tests. */
export const describeInChromium = describe.skipIf(!HAS_CHROMIUM);

/** A browser with a profile of its own for the tests of the suite that calls this; contexts keep them apart. */
export function useChromium(): { readonly current: Browser } {
  let launched: Browser | undefined;
  beforeAll(async () => {
    if (HAS_CHROMIUM) {
      launched = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    }
  });
  afterAll(() => launched?.close());
  return {
    get current() {
      if (!launched) throw new Error('The browser is there only while tests run.');
      return launched;
    },
  };
}
