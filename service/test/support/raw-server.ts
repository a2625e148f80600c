import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawServer {
  readonly port: number;
  /** Those that have come so far. */
  readonly sockets: readonly Socket[];
  /** What each has sent so far, a character for a byte. */
  readonly received: readonly string[];
}

/**
 * A server on 127.0.0.1 that says what it is told to, HTTP or not; gone at the end of the test, with its connections.
 * @param onConnection a new connection, and what it has sent, from the first byte on.
 */
export async function rawServer(
  onConnection: (socket: Socket, received: () => string) => void,
  server: Server = createServer(),
): Promise<RawServer> {
  const sockets: Socket[] = [];
  const received: string[] = [];
  server.on('connection', (socket: Socket) => {
    const at = sockets.push(socket) - 1;
    received[at] = '';
    // Breaking connections is what the other side is tried with.
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      received[at] += bytes.toString('latin1');
    });
    onConnection(socket, () => received[at] ?? '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { port, sockets, received };
}

/** A server that answers each request's first bytes with a text, and says no more. */
export function answering(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.once('data', () => socket.write(text, 'latin1'));
  };
}
