import { errorOf, networkError } from './errors.ts';

/** Bytes on their way to the service, or to the store behind it. */
export interface OutgoingBytes {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal | undefined;
  /** Told how many of the body's bytes have been sent, as often as the transport knows. */
  readonly onSent: (bytes: number) => void;
}

/** An answer, read to its end. */
export interface SentAnswer {
  readonly status: number;
  readonly body: unknown;
  header(name: string): string | null;
}

/** Sends bytes. @throws TintypeError `network`, or for any answer that is not 2xx; an abort with its reason. */
export type SendBytes = (request: OutgoingBytes) => Promise<SentAnswer>;

/** By fetch, which knows of a body's bytes only when all of them have been sent. */
export function sendByFetch(fetch: typeof globalThis.fetch): SendBytes {
  return async ({ url, signal, onSent, ...request }) => {
    let answer: SentAnswer;
    try {
      const response = await fetch(url, { ...request, ...(signal && { signal }) });
      const text = await response.text();
      const header = (name: string) => response.headers.get(name);
      answer = { status: response.status, body: parsed(text), header };
    } catch (error) {
      signal?.throwIfAborted();
      throw networkError(error);
    }
    mustBeDone(answer);
    onSent(request.body.size);
    return answer;
  };
}

/** What this client uses of a browser's XMLHttpRequest. */
export interface Xhr {
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  readonly status: number;
  readonly responseText: string;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: Blob): void;
  abort(): void;
}

export type XhrConstructor = new () => Xhr;

/** By XMLHttpRequest, which says how far a body has been sent; browsers' fetch does not. */
export function sendByXhr(Xhr: XhrConstructor): SendBytes {
  return async ({ method, url, headers, body, signal, onSent }) => {
    signal?.throwIfAborted();
    const xhr = new Xhr();
    const answer = await new Promise<SentAnswer>((resolve, reject) => {
      const abort = () => xhr.abort();
      const settle = (how: () => void) => () => {
        signal?.removeEventListener('abort', abort);
        how();
      };
      xhr.open(method, url);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
      const header = (name: string) => xhr.getResponseHeader(name);
      xhr.onload = settle(() => resolve({ status: xhr.status, body: parsed(xhr.responseText), header }));
      xhr.onerror = settle(() => reject(networkError()));
      xhr.onabort = settle(() => reject(signal?.reason ?? networkError()));
      signal?.addEventListener('abort', abort, { once: true });
      xhr.send(body);
    });
    mustBeDone(answer);
    onSent(body.size);
    return answer;
  };
}

/** The browser's XMLHttpRequest; workers of some kinds, and Node, have none. */
export function xhrOfBrowser(): XhrConstructor | undefined {
  return (globalThis as unknown as { readonly XMLHttpRequest?: XhrConstructor }).XMLHttpRequest;
}

function mustBeDone(answer: SentAnswer): void {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
