import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Metrics } from '../../ports/metrics.ts';
import type { Env } from '../context.ts';
import { lengthOf } from '../plain-answer.ts';

/** What callers may make up themselves must not become series without end. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts requests, by the pattern of the route that answered, never by path. */
export function measureRequests(metrics: Metrics): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = performance.now();
    metrics.move('http_requests_in_flight', 1);
    try {
      await next();
    } finally {
      metrics.move('http_requests_in_flight', -1);
      const route = routePath(c);
      const method = METHODS.has(c.req.method) ? c.req.method : 'other';
      const labels = { route, method, status: String(c.res.status) };
      metrics.count('http_requests_total', labels);
      metrics.observe('http_request_duration_seconds', labels, (performance.now() - started) / 1000);
      const bytesIn = c.get('bytesIn') ?? 0;
      if (bytesIn > 0) metrics.count('http_request_bytes_total', { route }, bytesIn);
      const bytesOut = lengthOf(c.res);
      // What was not asked for is not sent (RFC 9110, section 9.3.2).
      if (bytesOut > 0 && method !== 'HEAD') metrics.count('http_response_bytes_total', { route }, bytesOut);
      metrics.flush();
    }
  };
}
