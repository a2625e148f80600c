import type { TestContext } from 'vitest';

/** Set by `npm run test:large`: the tests whose size says more than their minutes cost in every run. */
export const LARGE = process.env['TINTYPE_TEST_LARGE'] === 'true';

/** Ends a test as skipped, and says why, in all runs but the large one. */
export function onlyWhenLarge(context: TestContext): void {
  if (LARGE) return;
  const reason = 'npm run test:large runs it';
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}
