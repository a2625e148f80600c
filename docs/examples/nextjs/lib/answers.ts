import 'server-only';
import { TintypeError } from '@tintype/client';

/** What the page can do something about is passed on by its code; the rest is this server's trouble, not its user's. */
const PASSED_ON = new Set([
  ...['invalid_request', 'not_found', 'payload_too_large', 'unsupported_media_type', 'unprocessable_image'],
  ...['quota_exceeded', 'rate_limited', 'conflict', 'idempotency_key_reused'],
]);

/** The answer of a route handler, or what says why there is none. */
export async function answer(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    if (PASSED_ON.has(error.code)) {
      return Response.json({ code: error.code, error: error.message }, { status: error.status });
    }
    process.stderr.write(`Tintype: ${error.code} ${error.message} ${error.request_id ?? ''}\n`);
    return Response.json({ code: 'unavailable', error: 'Images cannot be reached now.' }, { status: 502 });
  }
}

/** Whether a request was sent by a page of this app: a form of another site may reach it with the user's cookies. */
export function isFromThisSite(request: Request): boolean {
  return request.headers.get('sec-fetch-site') === 'same-origin';
}
