import type { Context, MiddlewareHandler } from 'hono';
import { OPERATIONS } from '../../operations/manifest.ts';
import type { Tracer } from '../../ports/tracer.ts';
import type { Env } from '../context.ts';
import { routeOf } from '../route-of.ts';

/** What watches over us, again and again. */
const UNTRACED: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);

/** The operations by method and pattern. */
const NAMES: ReadonlyMap<string, string> = new Map(
  OPERATIONS.flatMap(({ name, method, path, aliases }) =>
    [path, ...aliases].map((template) => [`${method} ${template.replaceAll(/\{(\w+)\}/g, ':$1')}`, name]),
  ),
);

/** A span for each request, below the caller's own where it names one; it is called as the operation is. */
export function traceRequests(tracer: Tracer): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (UNTRACED.has(c.req.path)) return next();
    const caller = { traceparent: c.req.header('traceparent'), tracestate: c.req.header('tracestate') };
    const span = tracer.begin('request', { kind: 'request', caller });
    try {
      await span.run(next);
    } finally {
      const { status } = c.res;
      const route = routeOf(c);
      span.rename(nameOf(c, route));
      span.set({
        'http.request.method': c.req.method,
        'http.route': route,
        'http.response.status_code': status,
      });
      if (status >= 500) span.fail(String(status));
      span.end();
    }
  };
}

function nameOf(c: Context<Env>, route: string): string {
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  return NAMES.get(`${method} ${route}`) ?? `${c.req.method} ${route}`;
}
