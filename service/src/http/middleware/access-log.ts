import type { MiddlewareHandler } from 'hono';
import type { Log } from '../../ports/log.ts';
import type { Env, Identity } from '../context.ts';
import { nameOf } from '../identity.ts';
import { lengthOf } from '../plain-answer.ts';
import { routeOf } from '../route-of.ts';

/**
 * One line a request: what reads leave of who was given which URL, and all that anonymous refusals leave. The
 * route's pattern stands in place of the path, and no query: no signature and no word of a caller's gets into
 * the log, but for whose token it was. What went wrong underneath an error is logged with it. The gallery's files
 * are nobody's: of them only what went wrong is logged.
 */
export function accessLog(log: Log): MiddlewareHandler<Env> {
  return async (c, next) => {
    const started = performance.now();
    await next();
    const { status } = c.res;
    if (c.get('isGallery') && status < 400) return;
    const identity = c.get('identity');
    // What is undefined has no place in the line.
    const fields = {
      request_id: c.get('requestId'),
      method: c.req.method,
      route: routeOf(c),
      status,
      duration_ms: Math.round((performance.now() - started) * 10) / 10,
      caller: nameOf(identity),
      address: addressOf(identity),
      image_id: c.get('imageId'),
      bytes_in: c.get('bytesIn') ?? 0,
      bytes_out: lengthOf(c.res),
      err: c.get('failure'),
    };
    if (status >= 500) log.error(fields, 'request failed');
    else log.info(fields, 'request');
  };
}

function addressOf(identity: Identity): string | undefined {
  const { address } = 'caller' in identity ? identity.caller.request : identity.request;
  return address ?? undefined;
}
