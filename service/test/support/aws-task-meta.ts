import type { AwsService } from './aws-environment.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** How many requests a test sent to which service of AWS. */
    aws?: Readonly<Record<AwsService, number>>;
  }
}
