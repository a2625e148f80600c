import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The open connections, and which of them are in the midst of a request. */
export class Connections {
  /** The last request's answer, of several that were sent without waiting as well; undefined where none has come. */
  readonly #last = new Map<Duplex, ServerResponse | undefined>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#last.set(socket, undefined);
      socket.once('close', () => this.#last.delete(socket));
    });
    server.on('request', ({ socket }, response) => {
      if (this.#last.has(socket)) this.#last.set(socket, response);
    });
  }

  /** The answer to the last request on a connection, if there has been any. */
  lastAnswerOn(socket: Duplex): ServerResponse | undefined {
    return this.#last.get(socket);
  }

  /** Also those that Node does not call idle, because they have never sent a whole request. */
  closeThoseWithoutRequest(): void {
    // They are answered in their order: once the last is over all are.
    for (const [socket, last] of this.#last) if (last?.closed ?? true) socket.destroy();
  }
}
