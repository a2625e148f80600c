import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server on this machine that answers as a test has it, until the test ends. */
export interface KeyServer {
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  answer(by: (request: IncomingMessage, response: ServerResponse) => void): void;
}

export async function startKeyServer(
  by: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<KeyServer> {
  let current = by;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    current(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    asked,
    answer(next) {
      current = next;
    },
  };
}
