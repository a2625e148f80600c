import type { MiddlewareHandler } from 'hono';
import { v4 } from 'uuid';
import type { Env } from '../context.ts';

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/** Every request has an id, the caller's own where that is well-formed, and every answer says it. */
export function requestId(): MiddlewareHandler<Env> {
  return async (c, next) => {
    const given = c.req.header('x-request-id');
    const id = given !== undefined && WELL_FORMED.test(given) ? given : v4();
    c.set('requestId', id);
    await next();
    c.res.headers.set('x-request-id', id);
  };
}
