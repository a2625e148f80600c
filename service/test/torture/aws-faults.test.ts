import { afterAll, expect, test } from 'vitest';
import { FUNCTIONS } from '../../src/operations/manifest.ts';
import { reportWalks, type Tally, walkedNow, walkThrough } from './support/walk.ts';
import { WALKED_JOBS } from './support/walked-jobs.ts';
import { WALKED } from './support/walked-operations.ts';
import { WALKED_HOOKS } from './support/walked-webhooks.ts';

const figures: Record<string, Tally> = {};

afterAll(() => reportWalks('aws-faults', figures));

test.each(walkedNow([...WALKED, ...WALKED_HOOKS]))(
  '$name: whichever call of AWS fails, another try ends it, once, and nothing is lost',
  { timeout: 900_000 },
  async (operation) => {
    const { tally, faults } = await walkThrough(operation);
    figures[operation.name] = tally;
    expect(faults).toEqual([]);
  },
);

test('no operation of the manifest is left out, nor any that is done in the background', () => {
  const walked = new Set([...WALKED, ...WALKED_HOOKS, ...WALKED_JOBS].map(({ operation }) => operation));
  expect(FUNCTIONS.map(({ name }) => name).filter((name) => !walked.has(name))).toEqual([]);
});
