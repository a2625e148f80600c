import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface StallingProxy {
  readonly endpoint: string;
  /** Resolves when the first request has been held back. */
  readonly stalled: Promise<void>;
}

/**
 * Passes requests on, and so many of those that count; every further one of these gets no answer, and
 * never reaches the other side: whoever sends it stands still in the middle of its work.
 */
export async function startStallingProxy(
  upstream: string,
  counts: (request: IncomingMessage) => boolean,
  passed: number,
): Promise<StallingProxy> {
  const stalled = Promise.withResolvers<void>();
  let left = passed;
  const server = createServer((incoming, outgoing) => {
    if (counts(incoming) && left-- <= 0) return stalled.resolve();
    passOn(upstream, incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, stalled: stalled.promise };
}

function passOn(upstream: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers, url } = incoming;
  const forwarded = request(new URL(url ?? '/', upstream), { method: method ?? 'GET', headers });
  forwarded.once('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(outgoing);
  });
  // The other side may have been stopped, or ours: then there is nobody to tell.
  forwarded.once('error', () => outgoing.destroy());
  incoming.pipe(forwarded);
}
