import { TintypeError } from '@tintype/client';
import type { Access } from './access.ts';

const SCHEME = 'Bearer ';

/** What openapi-fetch tells of a call. */
interface Call {
  readonly request: Request;
  /** The same for all that is told of one call. */
  readonly id: string;
}

/** For the client's `api.use`. */
export interface Renewing {
  onRequest(call: Call): undefined;
  onResponse(call: Call & { readonly response: Response }): Promise<Response | undefined>;
  onError(call: Call): undefined;
}

/**
 * Answers a refused token (401) by sending the request once more with another one, where there is one. What
 * the client sends by XMLHttpRequest does not come by here: the bytes of uploads, which are tried again whole.
 */
export function renewing(
  access: Pick<Access, 'refused'>,
  send: typeof globalThis.fetch = (request) => fetch(request),
): Renewing {
  // The body of a request is spent by sending it.
  const copies = new Map<string, Request>();
  const take = (id: string) => {
    const copy = copies.get(id);
    copies.delete(id);
    return copy;
  };
  return {
    onRequest({ request, id }) {
      copies.set(id, request.clone());
      return undefined;
    },
    async onResponse({ request, response, id }) {
      const again = take(id);
      const authorization = request.headers.get('authorization');
      if (response.status !== 401 || !again || !authorization?.startsWith(SCHEME)) return undefined;
      const token = await access.refused(authorization.slice(SCHEME.length));
      if (token === undefined) return undefined;
      again.headers.set('authorization', SCHEME + token);
      try {
        return await send(again);
      } catch (cause) {
        // As the client says it of what it sends itself.
        again.signal.throwIfAborted();
        throw new TintypeError('network', 0, 'No answer came back.', { cause });
      }
    },
    onError({ id }) {
      take(id);
      return undefined;
    },
  };
}
