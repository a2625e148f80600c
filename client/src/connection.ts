import createApiClient, { type Client } from 'openapi-fetch';
import type { paths } from './api-types.ts';
import { errorOf, networkError, TintypeError } from './errors.ts';
import type { Wait } from './retry.ts';
import { type SendBytes, sendByFetch, sendByXhr, type XhrConstructor } from './transport.ts';

/** A token, or what is asked for one before each request; undefined: none is sent. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** Where the service is, and how it is reached. */
export interface ClientOptions {
  /** The base URL of the API; it may have a path. */
  readonly url: string;
  /** Sent as the bearer token of every request to the API, and nowhere else. */
  readonly token?: Token | undefined;
  /** Used in place of the global fetch, for bytes too. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What the world around gives: tests have another. */
export interface Surroundings {
  readonly wait: Wait;
  readonly xhr: XhrConstructor | undefined;
}

/** The API of openapi-fetch with the types of the service's OpenAPI document. */
export type Api = Client<paths>;

/** What all calls of a client share. */
export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly api: Api;
  readonly wait: Wait;
  readonly fetch: typeof globalThis.fetch;
  /** The headers that say who calls. */
  authorization(): Promise<Readonly<Record<string, string>>>;
  /** What sends bytes, and says on the way how many it has sent if that is `watched`. */
  sender(watched: boolean): SendBytes;
}

/** Sends nothing yet. */
export function connect(
  { url, token, fetch: given }: ClientOptions,
  { wait, xhr }: Surroundings,
): Connection {
  const base = url.replace(/\/+$/, '');
  // Looked up at each call: pages and tests put others in its place.
  const fetch: typeof globalThis.fetch = given ?? ((...request) => globalThis.fetch(...request));
  const authorization = async () => {
    const said = typeof token === 'function' ? await token() : token;
    const headers: Record<string, string> = said === undefined ? {} : { authorization: `Bearer ${said}` };
    return headers;
  };
  const api = createApiClient<paths>({
    baseUrl: base,
    async fetch(request) {
      for (const [name, value] of Object.entries(await authorization())) request.headers.set(name, value);
      return wholeAnswer(fetch, request);
    },
  });
  return {
    url: base,
    api,
    wait,
    fetch,
    authorization,
    sender: (watched) => (watched && xhr && !given ? sendByXhr(xhr) : sendByFetch(fetch)),
  };
}

/**
 * An answer that breaks off is the network's fault, as one that does not come is; so all are read here but the
 * bytes of images, which their readers may want piece by piece.
 */
async function wholeAnswer(fetch: typeof globalThis.fetch, request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
    if (response.body === null || (response.ok && !isJson)) return response;
    const { status, statusText, headers } = response;
    return new Response(await response.text(), { status, statusText, headers });
  } catch (error) {
    request.signal.throwIfAborted();
    throw networkError(error);
  }
}

interface ApiAnswer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** What an answer of the API says, with its ETag. @throws TintypeError for what is none that was asked for. */
export async function answered<T>(
  call: Promise<ApiAnswer<T>>,
): Promise<{ readonly data: NonNullable<T>; readonly response: Response }> {
  const { data, response } = await done(call);
  if (data === undefined || data === null || typeof data !== 'object') throw notOurs(response);
  return { data, response };
}

/** As `answered`, of what has no body. */
export async function done<T>(call: Promise<ApiAnswer<T>>): Promise<ApiAnswer<T>> {
  let answer: ApiAnswer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new TintypeError('unexpected_answer', 200, 'The answer is no JSON.', { cause: error });
    throw error;
  }
  const { response, error } = answer;
  if (!response.ok) {
    throw errorOf({ status: response.status, body: error, header: (name) => response.headers.get(name) });
  }
  return answer;
}

function notOurs({ status }: Response): TintypeError {
  return new TintypeError('unexpected_answer', status, 'The answer is none of the service.');
}
