import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** The part of an HTTP request that faults look at. */
interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hostname?: string;
  readonly body?: unknown;
}

/** A client of the SDK, down to what sends its requests. */
interface Sending {
  readonly config: {
    readonly requestHandler: { handle(request: unknown, options?: unknown): Promise<unknown> };
  };
}

type Pass = () => Promise<unknown>;

/** What happens to a request in place of its being sent; it may be sent all the same. */
export type Fault = (pass: Pass) => Promise<unknown>;

export interface FaultyRequests {
  /** As DynamoDB and SQS name their actions; those of S3 are `S3 PUT`, `S3 HEAD`, `S3 GET`, `S3 DELETE`, CloudFront's begin so too. */
  readonly at: string;
  readonly fault: Fault;
  /** How many of them; all where nothing is said. */
  readonly times?: number;
  /** Of them, only those with this text in their body. */
  readonly holding?: string;
}

/** What AWS says of itself in its errors, none of which may reach a caller. */
export const WORDS_OF_AWS = 'Rate exceeded for arn:aws:iam::123456789012:role/inner';

/** Which request of a walk meets a fault, counted from 1, and whether those after it at the same point do too. */
export interface Step {
  readonly nth: number;
  readonly forGood: boolean;
  /** By where the request goes. */
  readonly fault: (at: string) => Fault;
}

/** Faults on the way between clients of the SDK and AWS: the SDK's own retries meet them as well. */
export class Faults {
  #rules: { rule: FaultyRequests; left: number }[] = [];
  readonly #met = new Map<string, number>();
  #step: Step | undefined;
  #sent = 0;
  #stepAt: string | undefined;

  /** From now on, until they are cleared. */
  set(...rules: readonly FaultyRequests[]): void {
    this.#rules = rules.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
    this.#met.clear();
    this.#step = undefined;
  }

  /** From now on until they are set again, one request meets a fault, whatever it asks for. */
  walk(step: Step): void {
    this.set();
    this.#step = step;
    this.#sent = 0;
    this.#stepAt = undefined;
  }

  /** Where the walk's request went; undefined where there were not so many. */
  get walked(): string | undefined {
    return this.#stepAt;
  }

  /** How many requests at this point have met a fault since the faults were set. */
  met(at: string): number {
    return this.#met.get(at) ?? 0;
  }

  /** Has every request of the client meet the faults. */
  attach(client: Sending): void {
    const { requestHandler } = client.config;
    const handle = requestHandler.handle.bind(requestHandler);
    requestHandler.handle = (request, options) => {
      const pass = () => handle(request, options);
      const fault = this.#faultOf(request as Sent);
      return fault ? fault(pass) : pass();
    };
  }

  #stepFault(at: string): Fault | undefined {
    if (!this.#step) return undefined;
    const { nth, forGood, fault } = this.#step;
    const isIt = ++this.#sent === nth;
    if (isIt) this.#stepAt = at;
    return isIt || (forGood && at === this.#stepAt) ? fault(at) : undefined;
  }

  #faultOf(sent: Sent): Fault | undefined {
    const at = pointOf(sent);
    const step = this.#stepFault(at);
    if (step) return step;
    const met = this.#rules.find(({ rule, left }) => {
      if (left === 0 || rule.at !== at) return false;
      return rule.holding === undefined || String(sent.body).includes(rule.holding);
    });
    if (!met) return undefined;
    met.left--;
    this.#met.set(at, this.met(at) + 1);
    return met.rule.fault;
  }
}

/** AWS's answer to whatever is asked of it while it cannot do it. */
export const failing = (at: string): Fault =>
  speaksXml(at) ? S3_DOWN : jsonError('InternalServerError', 500);

/** The same where too much is asked. */
export const throttling = (at: string): Fault =>
  speaksXml(at) ? xmlError('SlowDown', 503) : jsonError('ThrottlingException', 400);

const speaksXml = (at: string) => at.startsWith('S3 ') || at.startsWith('CloudFront ');

function pointOf({ method, headers, hostname }: Sent): string {
  const target = headers['x-amz-target'];
  if (target !== undefined) return target.split('.').at(-1) ?? '';
  return `${hostname?.startsWith('cloudfront.') ? 'CloudFront' : 'S3'} ${method}`;
}

/** An error of DynamoDB or SQS. */
export function jsonError(code: string, status: number, more: object = {}): Fault {
  return async () =>
    answer(
      status,
      'application/x-amz-json-1.0',
      JSON.stringify({ __type: code, message: WORDS_OF_AWS, ...more }),
    );
}

/** An error of S3. */
export function xmlError(code: string, status: number): Fault {
  return async () =>
    answer(
      status,
      'application/xml',
      `<Error><Code>${code}</Code><Message>${WORDS_OF_AWS}</Message></Error>`,
    );
}

/** A transaction that was cancelled because of its first item. */
export function cancelled(code: string): Fault {
  return jsonError('TransactionCanceledException', 400, { CancellationReasons: [{ Code: code }] });
}

function timeout(): Error {
  return Object.assign(new Error(`Socket timed out: ${WORDS_OF_AWS}`), { name: 'TimeoutError' });
}

/** The request does not arrive. */
export const neverSent: Fault = async () => {
  throw timeout();
};

/** The request arrives and is done; its answer does not come back. */
export const answerLost: Fault = async (pass) => {
  await swallow(await pass());
  throw timeout();
};

/** Requests that arrive only when they are let go, long after nobody waits for them any more. */
export function heldBack(): { readonly fault: Fault; arrive(): Promise<void> } {
  const held: Pass[] = [];
  return {
    async fault(pass) {
      held.push(pass);
      throw timeout();
    },
    async arrive() {
      for (const pass of held.splice(0)) await swallow(await pass());
    },
  };
}

/** Reads an answer to its end, so that its connection is free again. */
async function swallow(output: unknown): Promise<void> {
  const { body } = (output as { readonly response: { readonly body: Readable } }).response;
  body.resume();
  await finished(body);
}

function answer(statusCode: number, type: string, text: string) {
  const body = Readable.from([Buffer.from(text)]);
  return { response: { statusCode, headers: { 'content-type': type }, body } };
}

export const PUT: Omit<FaultyRequests, 'fault'> = { at: 'S3 PUT' };
export const TRANSACTION: Omit<FaultyRequests, 'fault'> = { at: 'TransactWriteItems' };
/** Reads of a record; the count of shards is read from another table. */
export const RECORD: Omit<FaultyRequests, 'fault'> = { at: 'GetItem', holding: '-images' };
export const S3_DOWN = xmlError('InternalError', 500);
export const DYNAMODB_DOWN = jsonError('InternalServerError', 500);
export const SQS_DOWN = jsonError('InternalFailure', 500);
