import type { IncomingMessage, ServerResponse } from 'node:http';

/** As long as nginx does (`lingering_time`). */
const LINGER_MS = 30_000;

/**
 * An answer that is ready before the request's body has all come (a refusal) would be lost if the
 * connection were closed with it: most callers read nothing until they have sent everything, and what is
 * sent to a closed connection resets it. So the rest is taken and thrown away, for a while. A caller that
 * comes to its end in time can go on with the same connection.
 */
export function lingerAfter(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.once('finish', () => {
    const isTaken = incoming.complete && incoming.readableLength === 0;
    if (isTaken || incoming.destroyed) return;
    const timer = setTimeout(() => incoming.socket.destroySoon(), LINGER_MS);
    timer.unref();
    incoming.once('close', () => clearTimeout(timer));
    // With this listener the stream flows as soon as nobody else reads it.
    incoming.on('data', () => {});
    incoming.resume();
  });
}
