import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { AWS_FROM_ENVIRONMENT } from './service/test/support/aws-environment.ts';
import { LARGE } from './service/test/support/large.ts';
import { scratchPlace } from './service/test/support/scratch-place.ts';

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
};

/**
 * Files that leave the process as they found it share workers, which read the code once: a third of the time.
 * Who puts faults into modules, the clock or the environment has a worker alone.
 */
const SHARED = {
  include: [
    'service/src/{domain,operations,config,http}/**/*.test.ts',
    'service/test/{http,contracts}/**/*.test.ts',
    'web/src/**/*.test.ts',
  ],
  exclude: [
    'service/src/http/rate-limiter.test.ts',
    'service/test/http/{direct-uploads,rate-limits}.test.ts',
    // A real server puts a Response of its own in place of Node's.
    'service/test/http/{connections,damaged,direct-upload-connections,sent-memory,slow-clients,socket}.test.ts',
  ],
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
    maxWorkers: Math.max(3, availableParallelism()),
    coverage: {
      provider: 'v8',
      include: ['service/src/**/*.ts'],
      exclude: ['service/src/**/*.test.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90 },
    },
  },
});
