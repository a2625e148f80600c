import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:browser`: the gallery in a real browser, over real servers. Apart, since it takes its time. */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['web/test/browser/**/*.test.ts'],
    globalSetup: ['web/test/browser/support/say-what-is-missing.ts'],
    // Far above what they take, also on a busy machine.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    // Each has a browser and servers with decoders of their own: more at a time only wait for one another.
    maxWorkers: 2,
  },
});
