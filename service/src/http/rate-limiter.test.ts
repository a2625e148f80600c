import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';

describe('the counting of requests', () => {
  // The package asks the system for the time.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 4, 4, 3, 2, 17, 250) }));
  afterEach(() => void vi.useRealTimers());
  const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

  test('allows so many of a key in a minute, and no more until that has gone by', async () => {
    const limiter = createRateLimiter({ limit: 3 });
    for (const remaining of [2, 1, 0]) {
      expect(await limiter.take('a')).toEqual({ allowed: true, remaining, resetsInSeconds: 60 });
    }
    later(10_500);
    expect(await limiter.take('a')).toEqual({ allowed: false, remaining: 0, resetsInSeconds: 50 });
    later(49_499);
    expect(await limiter.take('a')).toEqual({ allowed: false, remaining: 0, resetsInSeconds: 1 });
    later(1);
    expect(await limiter.take('a')).toEqual({ allowed: true, remaining: 2, resetsInSeconds: 60 });
  });

  test('knows keys apart', async () => {
    const limiter = createRateLimiter({ limit: 1 });
    expect(await limiter.take('a')).toMatchObject({ allowed: true });
    expect(await limiter.take('b')).toMatchObject({ allowed: true });
    expect(await limiter.take('a')).toMatchObject({ allowed: false });
  });

  test('of a hundred at once allows as many as one after another', async () => {
    const limiter = createRateLimiter({ limit: 40 });
    const taken = await Promise.all(Array.from({ length: 100 }, () => limiter.take('a')));
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(40);
  });

  test('lets new keys share counters once there are too many, and known ones keep theirs', async () => {
    const limiter = createRateLimiter({ limit: 5, mostKeys: 10 });
    for (let n = 0; n < 10; n++) await limiter.take(`known ${n}`);
    const flood = await Promise.all(Array.from({ length: 20_000 }, (_, n) => limiter.take(`new ${n}`)));
    // 1,024 shared counters of 5 each.
    expect(flood.filter(({ allowed }) => allowed).length).toBeLessThanOrEqual(1024 * 5);
    for (let n = 0; n < 10; n++) {
      expect(await limiter.take(`known ${n}`)).toMatchObject({ allowed: true, remaining: 3 });
    }
    later(120_000);
    for (let n = 0; n < 10; n++) {
      expect(await limiter.take(`new ${n}`)).toMatchObject({ allowed: true, remaining: 4 });
    }
  });
});
