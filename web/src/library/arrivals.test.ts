import type { ImageSummary, TaggedImage } from '@tintype/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Arrivals } from './arrivals.ts';
import { listedImage } from './listed-image.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const details = { description: null, exif: null, checksum_sha256: null, etag: '"1.1"' };

/** A service whose image passes through these states, one each time it is asked. */
function arriving(states: readonly Partial<ImageSummary>[]) {
  const taken: ImageSummary[] = [];
  let asked = 0;
  const view = async (image_id: string): Promise<TaggedImage> => {
    const state = states[Math.min(asked, states.length - 1)];
    asked += 1;
    return { ...listedImage(1, { image_id, ...state }), ...details };
  };
  const arrivals = new Arrivals({ view }, (image) => void taken.push(image));
  return { arrivals, taken, asked: () => asked };
}

const unmade = { status: 'ready', placeholder: null } as const;

test('an image is asked after until its smaller pictures are there, and no longer', async () => {
  const { arrivals, taken, asked } = arriving([{ status: 'scanning' }, unmade, {}]);
  arrivals.await(listedImage(1, { status: 'scanning' }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(taken.map(({ status, placeholder }) => [status, placeholder !== null])).toEqual([
    ['scanning', true],
    ['ready', false],
    ['ready', true],
  ]);
  expect(asked()).toBe(3);
});

test('one that is refused is settled, and one that is settled is not asked after', async () => {
  const { arrivals, asked } = arriving([{ status: 'rejected' }]);
  arrivals.await(listedImage(1));
  arrivals.await(listedImage(2, { status: 'scanning' }));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(1);
});

test('one that never settles is given up', async () => {
  const { arrivals, asked } = arriving([unmade]);
  arrivals.await(listedImage(1, unmade));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked()).toBe(30);
});
