import type { MiddlewareHandler } from 'hono';
import type { Env } from '../context.ts';

/** A year, as browsers are told it. */
const HSTS = 'max-age=31536000';

/** What is said with every answer that does not say otherwise: it is data, and no page. */
const DEFAULTS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** @param publicUrl where that is https, browsers are told to stay with it (RFC 6797). */
export function securityHeaders(publicUrl: string): MiddlewareHandler<Env> {
  const headers = Object.entries({
    ...DEFAULTS,
    ...(publicUrl.startsWith('https:') ? { 'strict-transport-security': HSTS } : {}),
  });
  return async (c, next) => {
    await next();
    for (const [name, value] of headers) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  };
}
