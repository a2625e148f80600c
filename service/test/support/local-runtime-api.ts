import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type StreamedAnswer, streamedAnswer } from './streamed-answers.ts';

const BASE = '/2018-06-01/runtime';

/** Lambda takes no larger event, and no larger answer but for one that is streamed. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** What the runtime client has reported: of the function's start, or of one event. */
export class FunctionError extends Error {
  override readonly name: string = 'FunctionError';
  readonly phase: 'init' | 'invocation';
  readonly errorType: string;

  constructor(phase: 'init' | 'invocation', report: string) {
    const { errorType, errorMessage } = JSON.parse(report) as { errorType: string; errorMessage: string };
    super(errorMessage);
    this.phase = phase;
    this.errorType = errorType;
  }
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly answered: PromiseWithResolvers<unknown>;
}

/**
 * Lambda's side of one execution environment: gives the runtime client its events, one at a time, and
 * takes what the function makes of them: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class LocalRuntimeApi {
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => {
      this.fail(error);
      response.destroy();
    });
  });
  readonly #functionName: string;
  readonly #timeoutSeconds: number;
  readonly #ready = Promise.withResolvers<void>();
  #waiting: ServerResponse | undefined;
  #queued: Invocation[] = [];
  readonly #running = new Map<string, Invocation>();
  #failure: Error | undefined;

  private constructor(functionName: string, timeoutSeconds: number) {
    this.#functionName = functionName;
    this.#timeoutSeconds = timeoutSeconds;
  }

  static async listen(functionName: string, timeoutSeconds: number): Promise<LocalRuntimeApi> {
    const api = new LocalRuntimeApi(functionName, timeoutSeconds);
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  /** For `AWS_LAMBDA_RUNTIME_API`. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the function has started and its first event is asked for; rejects when it does not. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** What the function answers to an event. @throws FunctionError, or the reason why there is none. */
  async invoke(event: object): Promise<unknown> {
    if (this.#failure) throw this.#failure;
    const json = JSON.stringify(event);
    const size = Buffer.byteLength(json);
    if (size > MAX_PAYLOAD_BYTES) throw new RangeError(`Lambda takes no event of ${size} bytes.`);
    const invocation = { id: randomUUID(), event: json, answered: Promise.withResolvers<unknown>() };
    const late = setTimeout(
      () => this.fail(new Error(`The task timed out after ${this.#timeoutSeconds} seconds.`)),
      this.#timeoutSeconds * 1000,
    );
    this.#queued.push(invocation);
    this.#deal();
    return invocation.answered.promise.finally(() => clearTimeout(late));
  }

  /** The function is no more: no event of it is answered. */
  fail(reason: Error): void {
    this.#failure ??= reason;
    this.#ready.reject(this.#failure);
    for (const { answered } of [...this.#queued, ...this.#running.values()]) answered.reject(this.#failure);
    this.#queued = [];
    this.#running.clear();
  }

  async close(): Promise<void> {
    this.fail(new Error('The function was stopped.'));
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    if (route === `GET ${BASE}/invocation/next`) {
      this.#waiting = response;
      this.#ready.resolve();
      this.#deal();
      return;
    }
    const bytes = await buffer(request);
    const body = bytes.toString();
    if (route === `POST ${BASE}/init/error`) {
      this.fail(new FunctionError('init', body));
      return accept(response);
    }
    const [, id = '', outcome] = /^POST .*\/invocation\/([^/]+)\/(response|error)$/.exec(route) ?? [];
    const invocation = this.#running.get(id);
    if (!invocation) return refuse(response, 400, 'InvalidRequestID');
    if (request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      this.#running.delete(id);
      invocation.answered.resolve((async () => readStreamed(request, bytes))());
      return accept(response);
    }
    if (bytes.length > MAX_PAYLOAD_BYTES) {
      return refuse(response, 413, 'Function.ResponseSizeTooLarge');
    }
    this.#running.delete(id);
    if (outcome === 'error') invocation.answered.reject(new FunctionError('invocation', body));
    else invocation.answered.resolve(JSON.parse(body));
    accept(response);
  }

  #deal(): void {
    const [invocation] = this.#queued;
    if (!invocation || !this.#waiting) return;
    const response = this.#waiting;
    this.#waiting = undefined;
    this.#queued = this.#queued.slice(1);
    this.#running.set(invocation.id, invocation);
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.id,
      'lambda-runtime-deadline-ms': String(Date.now() + this.#timeoutSeconds * 1000),
      'lambda-runtime-invoked-function-arn': `arn:aws:lambda:us-east-1:000000000000:function:${this.#functionName}`,
      'lambda-runtime-trace-id': 'Root=1-00000000-000000000000000000000000;Sampled=0',
    });
    response.end(invocation.event);
  }
}

/** What follows status and headers: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html */
const DELIMITER = Buffer.alloc(8);
const WITH_HEAD = 'application/vnd.awslambda.http-integration-response';

/** @throws FunctionError for a failure within the answer, which comes after its bytes, as a trailer. */
function readStreamed({ headers, trailers }: IncomingMessage, bytes: Buffer): StreamedAnswer {
  const failed = trailers['lambda-runtime-function-error-body'];
  if (failed !== undefined) throw new FunctionError('invocation', Buffer.from(failed, 'base64').toString());
  const end = bytes.indexOf(DELIMITER);
  if (headers['content-type'] !== WITH_HEAD || end < 0) {
    throw new Error('The streamed answer has no status and headers.');
  }
  const head = JSON.parse(bytes.subarray(0, end).toString()) as StreamedAnswer;
  return streamedAnswer(head, bytes.subarray(end + DELIMITER.length));
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
}

function refuse(response: ServerResponse, status: number, errorType: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errorType, errorMessage: errorType }));
}
