import type { Context, MiddlewareHandler } from 'hono';
import { DomainError } from '../../domain/errors.ts';
import type { Env } from '../context.ts';
import { nameOf } from '../identity.ts';
import { addHeaders } from '../plain-answer.ts';
import type { RateLimiter, TrustedProxies } from '../rate-limits.ts';
import { callerAddress, networkOf } from './caller-address.ts';

/** What watches over us must not be told to come back later. */
const UNLIMITED: ReadonlySet<string> = new Set(['/health', '/ready']);

/**
 * Limits requests by the address that they come from and, where callers are known, by caller. Every answer
 * to a limited request says how much is left (draft-ietf-httpapi-ratelimit-headers-10).
 * @param free paths that count against no limit, beside those of whatever watches over us.
 */
export function rateLimit(
  limiter: RateLimiter,
  trustedProxies: TrustedProxies,
  free: ReadonlySet<string> = UNLIMITED,
): MiddlewareHandler<Env> {
  const quota = `q=${limiter.limit};w=${limiter.windowSeconds}`;
  return async (c, next) => {
    const isFree = UNLIMITED.has(c.req.path) || free.has(c.req.path);
    const keys = isFree ? [] : keysOf(c, trustedProxies);
    if (keys.length === 0) return next();
    const taken = await Promise.all(
      keys.map(async ([policy, key]) => ({ policy, ...(await limiter.take(`${policy} ${key}`)) })),
    );
    const headers = {
      'ratelimit-policy': taken.map(({ policy }) => `"${policy}";${quota}`).join(', '),
      ratelimit: taken
        .map(({ policy, remaining, resetsInSeconds }) => `"${policy}";r=${remaining};t=${resetsInSeconds}`)
        .join(', '),
    };
    const refused = taken.filter(({ allowed }) => !allowed);
    if (refused.length > 0) {
      const seconds = Math.max(...refused.map(({ resetsInSeconds }) => resetsInSeconds));
      for (const [name, value] of Object.entries(headers)) c.header(name, value);
      c.header('retry-after', String(seconds));
      throw tooMany(limiter, seconds);
    }
    await next();
    addHeaders(c, headers);
  };
}

type Policy = 'address' | 'caller';

function keysOf(c: Context<Env>, trustedProxies: TrustedProxies): (readonly [Policy, string])[] {
  const address = callerAddress(c, trustedProxies);
  const identity = c.get('identity');
  const isKnown = 'caller' in identity && identity.caller.user_id !== null;
  return [
    ...(address === undefined ? [] : [['address', networkOf(address)] as const]),
    ...(isKnown ? [['caller', nameOf(identity)] as const] : []),
  ];
}

function tooMany({ limit, windowSeconds }: RateLimiter, seconds: number): DomainError {
  return new DomainError(
    'rate_limited',
    `These are more than ${limit} requests within ${windowSeconds} seconds. Go on in ${seconds} seconds.`,
  );
}
