import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * `npm run test:torture`: the parts in their long form, one after the other, since each fills the machine by
 * itself; their folders are on the disk. `npm test` runs the same files in their short form.
 */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  test: {
    include: ['service/test/torture/**/*.test.ts'],
    env: { TINTYPE_TEST_TORTURE: 'true', TMPDIR: tmpdir() },
    testTimeout: 1_800_000,
    hookTimeout: 240_000,
    maxWorkers: 1,
  },
});
