import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type ClamdAddress, parseClamdAddress } from '../../src/domain/clamd-address.ts';

/** One connection, as clamd sees it. */
export class Caller {
  readonly socket: Socket;
  /** The lengths of the pieces, in order. */
  readonly pieces: number[] = [];
  #reads = false;
  #buffered = Buffer.alloc(0);
  #wanted: { readonly bytes: number; readonly resolve: () => void } | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    // What a broken connection comes to is for the driver to say.
    socket.on('error', () => {});
  }

  /** The command, which must be this one. */
  async command(expected: 'zINSTREAM\0' | 'zPING\0'): Promise<void> {
    const command = (await this.#take(expected.length)).toString();
    if (command !== expected) throw new Error(`The command was ${JSON.stringify(command)}.`);
  }

  /** The next piece; empty where the object is at its end. */
  async piece(): Promise<Buffer> {
    const length = (await this.#take(4)).readUInt32BE();
    if (length > 0) this.pieces.push(length);
    return this.#take(length);
  }

  /** All bytes of an object. */
  async object(): Promise<Buffer> {
    await this.command('zINSTREAM\0');
    const pieces: Buffer[] = [];
    for (let piece = await this.piece(); piece.length > 0; piece = await this.piece()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** Says a thing, and resolves when it is on its way. */
  say(text: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(Buffer.from(text, 'latin1'), () => resolve()));
  }

  /** Nothing is read before it is wanted. */
  #read(): void {
    if (this.#reads) return;
    this.#reads = true;
    this.socket.on('data', (bytes: Buffer) => {
      this.#buffered = Buffer.concat([this.#buffered, bytes]);
      if (this.#wanted && this.#buffered.length >= this.#wanted.bytes) this.#wanted.resolve();
    });
  }

  async #take(bytes: number): Promise<Buffer> {
    this.#read();
    if (this.#buffered.length < bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wanted = { bytes, resolve };
      await promise;
    }
    this.#wanted = undefined;
    const taken = this.#buffered.subarray(0, bytes);
    this.#buffered = this.#buffered.subarray(bytes);
    return taken;
  }
}

export interface FakeClamd {
  readonly address: ClamdAddress;
  /** How many connections there have been. */
  connections(): number;
  /** Resolves when every connection is closed at both ends; then nobody listens any more. */
  stop(): Promise<void>;
}

/** What behaves to each caller as a test says, and so as clamd never should. */
export async function startFakeClamd(
  behave: (caller: Caller) => Promise<unknown> | unknown,
  path?: string,
): Promise<FakeClamd> {
  const sockets: Socket[] = [];
  const failures: unknown[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    Promise.resolve(behave(new Caller(socket))).catch((error: unknown) => {
      failures.push(error);
      socket.destroy();
    });
  });
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path });
  await once(server, 'listening');
  const place = server.address();
  const text = typeof place === 'string' ? place : `127.0.0.1:${place?.port}`;
  return {
    address: parseClamdAddress(text),
    connections: () => sockets.length,
    async stop() {
      server.close();
      // What does not read never learns that the other end is closed.
      for (const socket of sockets) socket.resume();
      await once(server, 'close');
      if (failures.length > 0) throw failures[0];
    },
  };
}
