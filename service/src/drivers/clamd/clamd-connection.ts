import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { ClamdAddress } from '../../domain/clamd-address.ts';

export interface ClamdLimits {
  /** How long it may take until there is a connection. */
  readonly connectMs: number;
  /** How long it may take until the next bytes are sent or come, whoever is being waited for. */
  readonly progressMs: number;
}

/** How a conversation ended. */
export interface Ending {
  /** All that clamd said; each character is a byte. */
  readonly said: string;
  /** Undefined where clamd itself closed the connection, in order. */
  readonly failure?: Error;
}

/** More than any answer has. */
const LONGEST_ANSWER = 4096;

/**
 * One connection for one command. clamd says what it has to say and closes. It may do so before it has been told
 * everything, so what it says is read all the time.
 */
export class ClamdConnection {
  /** Never rejects. */
  readonly ending: Promise<Ending>;
  readonly #socket: Socket;
  readonly #progressMs: number;
  readonly #settle: (ending: Ending) => void;
  #said = '';
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #interrupt: (() => void) | undefined;

  private constructor(socket: Socket, progressMs: number) {
    this.#socket = socket;
    this.#progressMs = progressMs;
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ending = promise;
    this.#settle = resolve;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#hear(text));
    socket.once('end', () => this.#end());
    socket.on('error', (error) => this.#end(error));
    socket.once('close', () => this.#end(new Error('The connection to clamd was closed.')));
    this.#progress();
  }

  /** @throws Error where there is no connection. */
  static async open(address: ClamdAddress, { connectMs, progressMs }: ClamdLimits): Promise<ClamdConnection> {
    return new ClamdConnection(await connected(address, connectMs), progressMs);
  }

  /**
   * Resolves when the system has taken the bytes. False once clamd has said something or is gone: nothing more is
   * to be sent then.
   */
  async send(...bytes: readonly Uint8Array[]): Promise<boolean> {
    // What has come by now is read first: a write that fails closes the socket over it, and then the answer is lost.
    // In the moment between the two that can still happen, which makes it a failure to be tried again.
    await setImmediate();
    if (this.#over || this.#said !== '') return false;
    await this.unlessOver(this.#write(bytes));
    if (this.#over) return false;
    this.#progress();
    return true;
  }

  /** The value of a promise, or undefined where the conversation is over before there is one. One call at a time. */
  unlessOver<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    // No `Promise.race` with `ending`, which would keep something of each call as long as it lives.
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      this.#interrupt = () => resolve(undefined);
      if (this.#over) this.#interrupt();
    });
  }

  /** Nothing is left of the connection after this. */
  close(): void {
    this.#end(new Error('The connection to clamd was given up.'));
    this.#socket.destroy();
  }

  #write(bytes: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.cork();
      for (const piece of bytes.slice(0, -1)) this.#socket.write(piece);
      // A failure is heard of by the event.
      this.#socket.write(bytes.at(-1) ?? new Uint8Array(), () => resolve());
      this.#socket.uncork();
    });
  }

  #hear(text: string): void {
    this.#said += text;
    if (this.#said.length > LONGEST_ANSWER) this.#fail(new Error('clamd answers without an end.'));
    else this.#progress();
  }

  #progress(): void {
    clearTimeout(this.#timer);
    if (this.#over) return;
    const late = () => this.#fail(new Error(`There was no progress within ${this.#progressMs} ms.`));
    this.#timer = setTimeout(late, this.#progressMs);
  }

  #fail(failure: Error): void {
    this.#end(failure);
    this.#socket.destroy();
  }

  #end(failure?: Error): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#settle({ said: this.#said, ...(failure && { failure }) });
    this.#interrupt?.();
  }
}

function connected(address: ClamdAddress, withinMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket =
    address.kind === 'socket'
      ? connect({ path: address.path })
      : connect({ host: address.host, port: address.port, noDelay: true });
  const late = () => socket.destroy(new Error(`There was no connection within ${withinMs} ms.`));
  const timer = setTimeout(late, withinMs);
  const fail = (error: Error) => {
    clearTimeout(timer);
    reject(error);
  };
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.off('error', fail);
    resolve(socket);
  });
  return promise;
}
