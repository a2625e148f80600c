import type { Server, ServerOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Config } from '../config/config.ts';
import { answerBrokenRequest, stalledRequest } from '../http/broken-request.ts';

type Timeouts = Pick<Config, 'headersTimeoutSeconds' | 'bodyTimeoutSeconds' | 'idleTimeoutSeconds'>;

/** How often Node looks for requests that take too long. */
const CHECK_MS = 1000;

/** For the server: how long a request's headers may take, and all of it. Node reports both as a `clientError`. */
export function requestTimeouts({ headersTimeoutSeconds, bodyTimeoutSeconds }: Timeouts): ServerOptions {
  return {
    headersTimeout: headersTimeoutSeconds * 1000,
    requestTimeout: (headersTimeoutSeconds + bodyTimeoutSeconds) * 1000,
    connectionsCheckingInterval: CHECK_MS,
  };
}

/**
 * Ends connections that stand still. One in the midst of a request's body is told so; one whose caller does
 * not take the answer is cut. While the answer is being made here nobody has to say anything.
 * @param currentOf the last request on a connection, with its answer, if there has been any.
 */
export function cutStalled(
  server: Server,
  { idleTimeoutSeconds }: Timeouts,
  currentOf: (socket: Duplex) => ServerResponse | undefined,
): void {
  server.setTimeout(idleTimeoutSeconds * 1000, (socket) => {
    const current = currentOf(socket);
    // Before the first request its headers have a time limit of their own, with an answer.
    if (current === undefined) return;
    const isOver = current.writableFinished || current.destroyed;
    if (!isOver && current.req.complete && !current.headersSent) return;
    if (isOver || current.req.complete) socket.destroy();
    else void answerBrokenRequest(stalledRequest(), socket, current);
  });
}
