import type { RateLimiter } from '../../http/rate-limits.ts';
import type { Metrics } from '../../ports/metrics.ts';

/** A limiter that counts what it refuses, by what it went by: a key's first word. */
export function measuredLimiter(limiter: RateLimiter, metrics: Metrics): RateLimiter {
  return {
    limit: limiter.limit,
    windowSeconds: limiter.windowSeconds,
    async take(key) {
      const taken = await limiter.take(key);
      if (!taken.allowed) metrics.count('rate_limit_refusals_total', { policy: key.split(' ', 1)[0] ?? '' });
      return taken;
    },
  };
}
