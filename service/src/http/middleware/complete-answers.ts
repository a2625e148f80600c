import type { MiddlewareHandler } from 'hono';
import { v4 } from 'uuid';
import type { Env } from '../context.ts';
import { addHeaders } from '../plain-answer.ts';

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/** A year, as browsers are told it. */
const HSTS = 'max-age=31536000';

/** What is said with every answer that does not say otherwise: it is data, and no page. */
const DEFAULTS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/**
 * What all answers have in common: the request's id, which is the caller's own where that is well-formed, and the security
 * headers. In one step, and the last, so that an answer's headers are put together once.
 * @param publicUrl where that is https, browsers are told to stay with it (RFC 6797).
 */
export function completeAnswers(publicUrl: string): MiddlewareHandler<Env> {
  const defaults = publicUrl.startsWith('https:')
    ? { ...DEFAULTS, 'strict-transport-security': HSTS }
    : DEFAULTS;
  return async (c, next) => {
    const given = c.req.header('x-request-id');
    const id = given !== undefined && WELL_FORMED.test(given) ? given : v4();
    c.set('requestId', id);
    await next();
    addHeaders(c, { 'x-request-id': id }, defaults);
  };
}
