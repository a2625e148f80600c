import type { Config } from '../config/config.ts';
import type { RateLimiter } from '../http/rate-limits.ts';

/**
 * The limits of a server, where it has any; what counts is loaded only then. The functions on AWS have the
 * gateway's.
 */
export async function openRateLimiter({
  rateLimitPerMinute,
}: Pick<Config, 'rateLimitPerMinute'>): Promise<RateLimiter | undefined> {
  if (rateLimitPerMinute === undefined) return undefined;
  const { createRateLimiter } = await import('../http/rate-limiter.ts');
  return createRateLimiter({ limit: rateLimitPerMinute });
}
