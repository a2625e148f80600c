import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { AWS_FROM_ENVIRONMENT } from './service/test/support/aws-environment.ts';
import { LARGE } from './service/test/support/large.ts';

/** What `npm run test:aws` runs on whatever the environment points to. */
const AWS_SUITES = [
  'service/test/aws/{cost,parallel-uploads,same-listings}.test.ts',
  'service/test/contracts/{dynamo-*,s3-*,image-walk}.test.ts',
  // Not those whose subject is the embedded home's own: its socket, its connections, its URLs of objects.
  'service/test/http/{delete,errors,list,local-only,methods,openapi,paging,s3-urls,system,update,upload,view}.test.ts',
  'service/test/process/migrate.test.ts',
  ...(LARGE ? ['service/test/http/{hostile-names,refused-*}.test.ts'] : []),
];

const usual = {
  include: ['{service,cli}/{src,test}/**/*.test.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

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
    ...(AWS_FROM_ENVIRONMENT ? overAws : usual),
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
