import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What stands between the command and a server, and decides what gets through. */
export interface Gate {
  readonly url: string;
  /** From here on requests go there. */
  lead(target: string): void;
  /** Breaks the connections whose answers were kept back. */
  letGo(): void;
}

export interface GateKeeper {
  /** Called with each request before it is passed on. */
  readonly before?: (request: IncomingMessage) => Promise<void> | void;
  /** Called with each answer that the server has given: false keeps it from whoever asked. */
  readonly passes?: (request: IncomingMessage, status: number, body: string) => boolean;
}

export const isUpload = ({ method, url = '' }: IncomingMessage) =>
  method === 'POST' && /^\/images(\/upload)?(\?|$)/.test(url);

/** A gate in front of a server, until the test ends. */
export async function startGate(target: string, { before, passes = () => true }: GateKeeper): Promise<Gate> {
  let upstream = target;
  const kept = new Set<ServerResponse>();
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    await before?.(incoming);
    const { method = 'GET', headers, url = '/' } = incoming;
    const forwarded = request(new URL(url, upstream), { method, headers });
    // The other side may have been killed, or ours: then there is nobody to tell.
    forwarded.once('error', () => outgoing.destroy());
    forwarded.once('response', async (answer) => {
      const body = await text(answer.setEncoding('latin1')).catch(() => undefined);
      if (body === undefined) outgoing.destroy();
      else if (!passes(incoming, answer.statusCode ?? 0, body)) kept.add(outgoing);
      else outgoing.writeHead(answer.statusCode ?? 0, answer.headers).end(body, 'latin1');
    });
    incoming.pipe(forwarded);
  };
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    lead(to) {
      upstream = to;
    },
    letGo() {
      for (const outgoing of kept) outgoing.destroy();
      kept.clear();
    },
  };
}

/** A keeper who lets so many uploads through; of the next ones the server has its image, and nobody is told. */
export interface UploadKeeper extends GateKeeper {
  /** Resolves with the first answer that is kept back. */
  readonly reached: Promise<void>;
  letAllPass(): void;
}

export function keepsUploadsAfter(count: number): UploadKeeper {
  const reached = Promise.withResolvers<void>();
  let left = count;
  return {
    reached: reached.promise,
    passes(request, status) {
      if (!isUpload(request) || status !== 201 || left-- > 0) return true;
      reached.resolve();
      return false;
    },
    letAllPass() {
      left = Number.POSITIVE_INFINITY;
    },
  };
}
