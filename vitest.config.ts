import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { AWS_FROM_ENVIRONMENT } from './service/test/support/aws-environment.ts';
import { LARGE } from './service/test/support/large.ts';
import { scratchPlace } from './service/test/support/scratch-place.ts';
import { SHARED } from './service/test/support/shared-workers.ts';

/** What `npm run test:aws` runs on whatever the environment points to. */
const AWS_SUITES = [
  'service/test/aws/{cost,doctor-without-queue,listing-check,parallel-uploads,same-listings}.test.ts',
  'service/test/contracts/{dynamo-*,s3-*,image-walk}.test.ts',
  // Not those whose subject is the embedded home's own: its socket, its connections, its URLs of objects.
  'service/test/http/{delete,errors,list,local-only,methods,openapi,paging,s3-urls,system,update,upload,view}.test.ts',
  'service/test/process/migrate.test.ts',
  ...(LARGE ? ['service/test/http/{hostile-names,refused-*}.test.ts'] : []),
];

/** Those of the gallery in a browser are apart: `npm run test:browser`. */
const ALL = ['{service,client,cli}/{src,test}/**/*.test.ts', 'web/src/**/*.test.ts'];

const usual = {
  // What is large takes minutes, the more so on a busy machine.
  testTimeout: LARGE ? 300_000 : 60_000,
  // Some build all functions first, beside other files.
  hookTimeout: 240_000,
  // One second, as it is unless said, is no bound on a busy machine.
  expect: { poll: { timeout: 20_000 } },
};

const projects = [
  {
    extends: true as const,
    test: { name: 'shared', ...SHARED, isolate: false, env: { TINTYPE_TEST_SHARED: 'true' } },
  },
  {
    extends: true as const,
    test: { name: 'alone', include: ALL, exclude: [...SHARED.include, ...configDefaults.exclude] },
  },
  { extends: true as const, test: { name: 'alone in folders of others', include: SHARED.exclude } },
];

const overAws = {
  include: AWS_SUITES,
  // Tables take their time, and so do requests that leave the machine.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  globalSetup: ['service/test/support/aws-run.ts'],
  reporters: ['default', './service/test/support/aws-report.ts'],
};

export default defineConfig({
  test: {
    env: { TMPDIR: scratchPlace() },
    ...(AWS_FROM_ENVIRONMENT ? overAws : { ...usual, projects }),
    // Many tests wait for a process, a disk or a socket: more workers than the default on few cores.
    maxWorkers: Math.max(4, availableParallelism()),
    // What has been transformed is kept for the next run, by its content: CI has several.
    fsModuleCache: true,
    coverage: {
      provider: 'v8',
      include: ['service/src/**/*.ts'],
      exclude: ['service/src/**/*.test.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90 },
    },
  },
});
