import { defineConfig } from 'vitest/config';

/** `npm run test:infra`: the templates of every stage, made once for all files. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/synthesize.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
