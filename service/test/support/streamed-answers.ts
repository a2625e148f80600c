/**
 * Stands in for what Lambda's runtime has in the global scope for functions whose answers are streamed. Types and
 * names are AWS's: https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */

/** How the runtime knows such a handler. */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

interface Head {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What Lambda makes of a streamed answer for whoever has called the function's URL. */
export interface StreamedAnswer extends Head {
  /** In base64. */
  readonly body: string;
  readonly isBase64Encoded: true;
}

type StreamedHandler = (event: object, stream: object) => Promise<void>;

class Collecting {
  head: Head | undefined;
  readonly #pieces: Uint8Array[] = [];
  #ended = false;

  write(bytes: Uint8Array): boolean {
    if (this.#ended) throw new Error('The answer has ended already.');
    this.#pieces.push(bytes);
    return true;
  }

  end(): void {
    this.#ended = true;
  }

  answer(): StreamedAnswer {
    // The runtime sends status and headers with the first piece.
    if (!this.#ended || this.#pieces.length === 0 || !this.head) throw new Error('There is no whole answer.');
    return streamedAnswer(this.head, Buffer.concat(this.#pieces));
  }
}

export function streamedAnswer({ statusCode, headers }: Head, body: Buffer): StreamedAnswer {
  return { statusCode, headers, body: body.toString('base64'), isBase64Encoded: true };
}

/** To be called before the code of a function is loaded. */
export function installStreaming(): void {
  const awslambda = {
    streamifyResponse: (handler: object) => Object.assign(handler, { [STREAMING]: 'response' }),
    HttpResponseStream: {
      from(stream: Collecting, head: Head) {
        stream.head = head;
        return stream;
      },
    },
  };
  Object.assign(globalThis, { awslambda });
}

export function isStreaming(handler: object): handler is StreamedHandler {
  return STREAMING in handler;
}

/** Calls such a handler, and waits for all of its answer. */
export async function callStreaming(handler: StreamedHandler, event: object): Promise<StreamedAnswer> {
  const stream = new Collecting();
  await handler(event, stream);
  return stream.answer();
}
