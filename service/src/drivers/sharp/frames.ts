/**
 * How a decoder and its parent talk over a pipe: frames of a header's length (uint32, big-endian), that header
 * as JSON, and the bytes whose number the header says. Either side checks each length before it makes room.
 */
export const LENGTH_BYTES = 4;

export interface Frame<Header> {
  readonly header: Header;
  readonly body: Buffer;
}

export interface FrameRules<Header> {
  readonly maxHeaderBytes: number;
  /** Checks what came as JSON; throws where it is not what it should be. */
  readonly readHeader: (json: unknown) => Header;
  /** The number of bytes that follow; throws where they are too many. */
  readonly bodyLength: (header: Header) => number;
}

/** What the other side sends is not a frame, or not one that is allowed. */
export class FrameError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FrameError';
  }
}

/** A frame without its body, which follows. */
export function frameHead(header: object): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.allocUnsafe(LENGTH_BYTES + json.length);
  head.writeUInt32BE(json.length);
  json.copy(head, LENGTH_BYTES);
  return head;
}

/** Puts one frame at a time together from the chunks of a pipe. */
export class FrameReader<Header> {
  readonly #rules: FrameRules<Header>;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #filled = 0;
  #json: Buffer | undefined;
  #header: Header | undefined;
  #body: Buffer | undefined;

  constructor(rules: FrameRules<Header>) {
    this.#rules = rules;
  }

  /** The frame that ends with this chunk, if one does. @throws FrameError also for bytes beyond its end. */
  push(chunk: Uint8Array): Frame<Header> | undefined {
    let rest = chunk;
    if (this.#json === undefined) rest = this.#readLength(rest);
    if (this.#json !== undefined && this.#body === undefined) rest = this.#readHeader(rest, this.#json);
    if (this.#body === undefined || this.#header === undefined) return undefined;
    rest = this.#fill(this.#body, rest);
    if (this.#filled < this.#body.length) return undefined;
    if (rest.length > 0) throw new FrameError('There are bytes beyond the end of the frame.');
    const frame = { header: this.#header, body: this.#body };
    [this.#json, this.#header, this.#body, this.#filled] = [undefined, undefined, undefined, 0];
    return frame;
  }

  #readLength(chunk: Uint8Array): Uint8Array {
    const rest = this.#fill(this.#length, chunk);
    if (this.#filled < LENGTH_BYTES) return rest;
    const length = this.#length.readUInt32BE();
    if (length > this.#rules.maxHeaderBytes) throw new FrameError('The header of the frame is too long.');
    this.#json = Buffer.allocUnsafe(length);
    this.#filled = 0;
    return rest;
  }

  #readHeader(chunk: Uint8Array, json: Buffer): Uint8Array {
    const rest = this.#fill(json, chunk);
    if (this.#filled < json.length) return rest;
    try {
      this.#header = this.#rules.readHeader(JSON.parse(json.toString()));
      this.#body = Buffer.allocUnsafe(this.#rules.bodyLength(this.#header));
    } catch (error) {
      throw new FrameError('The header of the frame cannot be read.', error);
    }
    this.#filled = 0;
    return rest;
  }

  /** Copies what there is room for, and returns what there is none for. */
  #fill(target: Buffer, chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, target.length - this.#filled);
    target.set(taken, this.#filled);
    this.#filled += taken.length;
    return chunk.subarray(taken.length);
  }
}
