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

/** Ends a test as skipped, and says why, in the large run alone: what it did there it has done in `npm test`. */
export function notWhenLarge(context: TestContext): void {
  if (!LARGE) return;
  const reason = 'npm test runs it, just so';
  process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
  context.skip(reason);
}
