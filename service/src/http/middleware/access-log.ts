import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { callerKey } from '../../domain/caller.ts';
import type { Log } from '../../ports/log.ts';
import type { Env } from '../context.ts';

/**
 * One line a request. The route's pattern stands in place of the path, and no query: neither ids of
 * people nor signatures get into the log. What went wrong underneath an error is logged with it.
 */
export function accessLog(log: Log): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const { status } = c.res;
    const failure = c.get('failure');
    const fields = {
      request_id: c.get('requestId'),
      method: c.req.method,
      // Of several patterns that the path matches, the one that answered.
      route: routePath(c),
      status,
      duration_ms: Math.round((performance.now() - started) * 10) / 10,
      caller: callerKey(c.get('caller')),
      bytes_in: c.get('bytesIn') ?? 0,
      bytes_out: Number(c.res.headers.get('content-length') ?? 0),
      ...(failure === undefined ? {} : { err: failure }),
    };
    if (status >= 500) log.error(fields, 'request failed');
    else log.info(fields, 'request');
  };
}
