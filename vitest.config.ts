import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['service/{src,test}/**/*.test.ts'],
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['service/src/**/*.ts'],
      exclude: ['service/src/**/*.test.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90 },
    },
  },
});
