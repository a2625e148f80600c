import { clientAmid, type TintypeClient } from '../../src/client.ts';
import type { ClientOptions, Surroundings } from '../../src/connection.ts';
import type { Wait } from '../../src/retry.ts';

type Fetch = typeof globalThis.fetch;
type Pass = () => Promise<Response>;

/** What happens to a request in place of its being sent; it may be sent all the same. */
export type Fault = (pass: Pass) => Promise<Response>;

/** A request as the client has made it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
}

export interface TestClient {
  readonly tintype: TintypeClient;
  /** In the order in which they were sent. */
  readonly requests: readonly SeenRequest[];
  /** How long the client wanted to wait, in milliseconds; it did not. */
  readonly waits: readonly number[];
  /** The next requests whose method and target match meet these faults, one each. */
  meets(pattern: RegExp, ...faults: readonly Fault[]): void;
  /** Resolves when the next request whose method and target match has been answered. */
  sees(pattern: RegExp): Promise<void>;
}

/** A client of a server at this URL that waits for nothing, and whose requests can meet faults. */
export function testClient(options: ClientOptions, surroundings: Partial<Surroundings> = {}): TestClient {
  const requests: SeenRequest[] = [];
  const waits: number[] = [];
  const rules: { pattern: RegExp; faults: Fault[] }[] = [];
  const watches: { pattern: RegExp; seen: () => void }[] = [];
  const fetch: Fetch = async (input, init) => {
    const request = input instanceof Request ? input : new Request(input, init && bodiless(init));
    const { pathname, search } = new URL(request.url);
    const seen = { method: request.method, target: pathname + search, headers: request.headers };
    requests.push(seen);
    const rule = rules.find(
      ({ pattern, faults }) => faults.length > 0 && pattern.test(`${seen.method} ${seen.target}`),
    );
    const pass = () => globalThis.fetch(input, init);
    const answering = (rule?.faults.shift() ?? ((send: Pass) => send()))(pass);
    for (const { pattern, seen: tell } of watches) {
      if (pattern.test(`${seen.method} ${seen.target}`))
        answering.then(
          () => tell(),
          () => tell(),
        );
    }
    return answering;
  };
  const wait: Wait = async (milliseconds, signal) => {
    waits.push(milliseconds);
    signal?.throwIfAborted();
  };
  return {
    tintype: clientAmid({ wait, xhr: undefined, ...surroundings }, { fetch, ...options }),
    requests,
    waits,
    sees(pattern) {
      const { promise, resolve } = Promise.withResolvers<void>();
      watches.push({ pattern, seen: resolve });
      return promise;
    },
    meets: (pattern, ...faults) => rules.push({ pattern, faults: [...faults] }),
  };
}

/** For a look at a request whose body is not to be touched. */
function bodiless({ body: _body, ...init }: RequestInit): RequestInit {
  return init;
}

/** The request does not arrive. */
export const neverSent: Fault = async () => {
  throw new TypeError('fetch failed');
};

/** The request arrives and is done; its answer does not come back. */
export const answerLost: Fault = async (pass) => {
  await (await pass()).arrayBuffer();
  throw new TypeError('fetch failed');
};

/** The request arrives and is done; its answer breaks off. */
export const answerBroken: Fault = async (pass) => {
  const { status, headers } = await pass();
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"image_'));
      controller.error(new TypeError('terminated'));
    },
  });
  return new Response(body, { status, headers });
};

/** An answer of the service in place of what it would have said. */
export function refusedWith(status: number, code: string, headers: Record<string, string> = {}): Fault {
  const problem = {
    type: 'about:blank',
    title: code,
    status,
    detail: `It is ${code}.`,
    code,
    request_id: 'r-1',
  };
  return async () =>
    new Response(JSON.stringify(problem), {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers },
    });
}
