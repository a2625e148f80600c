import { afterAll, expect, test } from 'vitest';
import { reportWalks, type Tally, walkedNow, walkThrough } from './support/walk.ts';
import { WALKED_JOBS } from './support/walked-jobs.ts';

const figures: Record<string, Tally> = {};

afterAll(() => reportWalks('aws-faults-jobs', figures));

test.each(walkedNow(WALKED_JOBS))(
  '$name: whichever call of AWS fails, it is handed out again and ends, once, and nothing is lost',
  { timeout: 900_000 },
  async (operation) => {
    const { tally, faults } = await walkThrough(operation);
    figures[operation.name] = tally;
    expect(faults).toEqual([]);
  },
);
