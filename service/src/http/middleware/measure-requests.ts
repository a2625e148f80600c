import type { MiddlewareHandler } from 'hono';
import type { LabelsOf, Metrics } from '../../ports/metrics.ts';
import type { Env } from '../context.ts';
import { lengthOf } from '../plain-answer.ts';
import { routeOf } from '../route-of.ts';

/** What callers may make up themselves must not become series without end. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts requests, by the pattern of the route that answered, never by path. */
export function measureRequests(metrics: Metrics): MiddlewareHandler<Env> {
  const labelsOf = keptLabels();
  return async (c, next) => {
    const started = performance.now();
    metrics.move('http_requests_in_flight', 1);
    try {
      await next();
    } finally {
      metrics.move('http_requests_in_flight', -1);
      const method = METHODS.has(c.req.method) ? c.req.method : 'other';
      const { request: labels, bytes } = labelsOf(routeOf(c), method, c.res.status);
      metrics.count('http_requests_total', labels);
      metrics.observe('http_request_duration_seconds', labels, (performance.now() - started) / 1000);
      const bytesIn = c.get('bytesIn') ?? 0;
      if (bytesIn > 0) metrics.count('http_request_bytes_total', bytes, bytesIn);
      const bytesOut = lengthOf(c.res);
      // What was not asked for is not sent (RFC 9110, section 9.3.2).
      if (bytesOut > 0 && method !== 'HEAD') metrics.count('http_response_bytes_total', bytes, bytesOut);
      metrics.flush();
    }
  };
}

interface RequestLabels {
  readonly request: LabelsOf<'http_requests_total'>;
  readonly bytes: LabelsOf<'http_request_bytes_total'>;
}

/** The same labels of the same things each time, of which there are some hundreds: metrics know them again. */
function keptLabels(): (route: string, method: string, status: number) => RequestLabels {
  const known = new Map<string, Map<string, Map<number, RequestLabels>>>();
  return (route, method, status) => {
    const found = known.get(route)?.get(method)?.get(status);
    if (found) return found;
    const made = { request: { route, method, status: String(status) }, bytes: { route } };
    const ofRoute = known.get(route) ?? new Map<string, Map<number, RequestLabels>>();
    const ofMethod = ofRoute.get(method) ?? new Map<number, RequestLabels>();
    known.set(route, ofRoute.set(method, ofMethod.set(status, made)));
    return made;
  };
}
