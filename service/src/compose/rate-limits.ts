import type { Config } from '../config/config.ts';
import { createTrustedProxies } from '../http/middleware/caller-address.ts';
import type { RateLimits } from '../http/rate-limits.ts';

/**
 * The limits of a server, where it has any; what counts is loaded only then. The functions on AWS have the
 * gateway's.
 */
export async function openRateLimits({
  rateLimitPerMinute,
  trustedProxies,
}: Pick<Config, 'rateLimitPerMinute' | 'trustedProxies'>): Promise<RateLimits | undefined> {
  if (rateLimitPerMinute === undefined) return undefined;
  const { createRateLimiter } = await import('../http/rate-limiter.ts');
  return {
    limiter: createRateLimiter({ limit: rateLimitPerMinute }),
    trustedProxies: createTrustedProxies(trustedProxies),
  };
}
