import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a test waits for what must come. */
const DEADLINE_MS = 20_000;

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A TCP connection on which a test says exactly what it wants to, byte by byte. */
export class Connection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #failure: NodeJS.ErrnoException | undefined;

  private constructor(socket: Socket, reads: boolean) {
    this.#socket = socket;
    socket.on('close', () => {
      this.#isClosed = true;
    });
    socket.on('error', (error) => {
      this.#failure = error;
    });
    if (reads) this.read();
  }

  /** @param options `reads: false` for a caller that sends all it has before it looks at the answer. */
  static async open(url: string, { reads = true } = {}): Promise<Connection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    return new Connection(socket, reads);
  }

  /** What has become of the connection: an error where it was broken from the other side. */
  get failure(): string | undefined {
    return this.#failure?.code;
  }

  read(): void {
    this.#socket.on('data', (piece) => {
      this.#received = Buffer.concat([this.#received, piece]);
    });
    this.#socket.on('end', () => this.#socket.end());
  }

  /** Writes at the speed at which it is taken. */
  async send(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      if (this.#socket.destroyed || this.#socket.write(piece)) continue;
      await this.#taken();
    }
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => {
      const over = () => {
        this.#socket.off('drain', over).off('close', over);
        resolve();
      };
      this.#socket.on('drain', over).on('close', over);
    });
  }

  /** Says that nothing more will come. */
  end(): void {
    this.#socket.end();
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#socket.destroy();
  }

  /** Goes away with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** The next answer on the connection, when all of it is there. */
  async answer(): Promise<RawAnswer> {
    await until(() => this.#next() !== undefined || this.#isClosed, 'an answer');
    const next = this.#next();
    if (!next) throw new Error(`The connection was closed (${this.failure ?? 'orderly'}) before the answer.`);
    this.#received = this.#received.subarray(next.length);
    return next.answer;
  }

  async closed(): Promise<void> {
    await until(() => this.#isClosed, 'the end of the connection');
  }

  #next(): { readonly answer: RawAnswer; readonly length: number } | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const [line = '', ...fields] = this.#received.toString('latin1', 0, headEnd).split('\r\n');
    const headers = new Headers(
      fields.map((field): [string, string] => {
        const colon = field.indexOf(':');
        return [field.slice(0, colon), field.slice(colon + 1).trim()];
      }),
    );
    const length = headEnd + 4 + Number(headers.get('content-length') ?? 0);
    if (this.#received.length < length) return undefined;
    const body = this.#received.toString('utf8', headEnd + 4, length);
    return { answer: { status: Number(line.split(' ')[1]), headers, body }, length };
  }
}

/**
 * Looks until it is so, and gives up at a deadline. Seldomer from time to time: what is waited for often needs the
 * processor that looking takes.
 */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (let pause = 5; !(await isSo()); pause = Math.min(pause * 1.5, 100)) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
    await wait(pause);
  }
}
