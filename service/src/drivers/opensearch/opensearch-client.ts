import { createHash, createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';

/** Who asks: as the SDK's own clients find it out. */
export interface Signing {
  readonly region: () => Promise<string>;
  readonly credentials: () => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  }>;
}

export interface OpenSearchClientOptions {
  /** The domain's endpoint, without a path. */
  readonly url: string;
  /** Undefined: requests are not signed. */
  readonly signing: Signing | undefined;
  /** How long a try may take. */
  readonly timeoutMs: number;
  readonly tries?: number;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

export interface OpenSearchRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly type?: 'application/json' | 'application/x-ndjson';
}

/** So many letters of an answer are told. */
const MOST_TOLD = 400;

/** An answer that is none of success. Its message is for the log: it may have the engine's own words. */
export class OpenSearchError extends Error {
  readonly status: number;
  /** The engine's name of what is wrong, such as `index_not_found_exception`. */
  readonly type: string | undefined;

  constructor(status: number, type: string | undefined, text: string) {
    super(`OpenSearch has answered with ${status}: ${text.slice(0, MOST_TOLD)}`);
    this.name = 'OpenSearchError';
    this.status = status;
    this.type = type;
  }
}

/** Throttled, or a node that is not there now: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/handling-errors.html */
const WORTH_ANOTHER_TRY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const TRIES = 3;

/** The longest pause before the second try; twice that before each further one. */
const FIRST_PAUSE_MS = 100;

/**
 * Speaks to one domain of OpenSearch. What it sends may be sent twice: what got no answer, or was throttled, is sent
 * again. @throws OpenSearchError, or whatever the network says
 */
export class OpenSearchClient {
  readonly #options: OpenSearchClientOptions;
  readonly #signer: SignatureV4 | undefined;

  constructor(options: OpenSearchClientOptions) {
    this.#options = options;
    const { signing } = options;
    // `es` is the service's name in signatures, as it was before it was called OpenSearch.
    this.#signer = signing && new SignatureV4({ ...signing, service: 'es', sha256: Sha256 });
  }

  /** @returns the JSON of a successful answer. */
  async send(request: OpenSearchRequest): Promise<unknown> {
    const { tries = TRIES, wait = pause } = this.#options;
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#try(request);
      } catch (error) {
        const isFinal = error instanceof OpenSearchError && !WORTH_ANOTHER_TRY.has(error.status);
        if (isFinal || tried === tries) throw error;
        await wait(FIRST_PAUSE_MS * 2 ** (tried - 1) * Math.random());
      }
    }
  }

  async #try({ method, path, query = {}, body, type = 'application/json' }: OpenSearchRequest) {
    const { url, timeoutMs } = this.#options;
    const { protocol, hostname, host, port } = new URL(url);
    const unsigned = {
      method,
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path,
      query: { ...query },
      headers: { host, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
    };
    const { headers } = this.#signer ? await this.#signer.sign(unsigned) : unsigned;
    // `fetch` makes it of the URL, and refuses to be told.
    const { host: _host, ...sent } = headers;
    const search = new URLSearchParams(query).toString();
    const response = await fetch(`${protocol}//${host}${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) throw new OpenSearchError(response.status, errorType(text), text);
    return JSON.parse(text) as unknown;
  }
}

function errorType(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { type?: string } };
    return error?.type;
  } catch {
    return undefined;
  }
}

/** The hash that the signer is to use, as it wants it. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('A hash is used once.');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
