import { describe, expect, it } from 'vitest';
import { Lanes } from './lanes.ts';

describe('lanes', () => {
  it('let so many run at a time, in order, whether they fail or not', async () => {
    const lanes = new Lanes(2);
    const started: number[] = [];
    const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    const runs = ends.map(({ promise }, at) =>
      lanes
        .run(() => {
          started.push(at);
          return promise;
        })
        .catch(() => 'failed'),
    );
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    ends[1]?.reject(new Error('broken'));
    expect(await runs[1]).toBe('failed');
    await expect.poll(() => started).toEqual([0, 1, 2]);
    ends[0]?.resolve();
    await expect.poll(() => started).toEqual([0, 1, 2, 3]);
    ends[2]?.resolve();
    ends[3]?.resolve();
    await Promise.all(runs);
  });
});
