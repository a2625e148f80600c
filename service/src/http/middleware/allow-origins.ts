import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import type { Env } from '../context.ts';

/** What pages of other origins may send, beside what every page may. */
const SENT = [
  'Authorization',
  'Content-Type',
  'Content-Digest',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Range',
  // Of an upload whose checksum was announced.
  'X-Amz-Checksum-Sha256',
  'X-Request-Id',
  'traceparent',
  'tracestate',
];

/** What they may read, beside what every page may. */
const READ = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Length',
  'Content-Range',
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol) for the pages of these origins. They send tokens, and no cookies: there are none.
 * @param origins `*` among them: all.
 */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler<Env> {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: SENT,
    exposeHeaders: READ,
    maxAge: 3600,
  });
}
