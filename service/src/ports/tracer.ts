/**
 * Tells what is done, and how long each part of it takes, to whoever follows a request through several
 * services. Nothing of this waits or fails.
 *
 * Names and attributes are of a few known values: no ids of people or images, no queries, signatures or bytes.
 */
export interface Tracer {
  /**
   * Begins a span. A call's is below the one within which this is called; a request's below its caller's, where
   * `caller` names one. Any other begins a trace.
   */
  begin(name: string, options: SpanOptions): Span;
  /** The id of the trace within which this is called: 32 hex digits. */
  traceId(): string | undefined;
}

export interface SpanOptions {
  /** What others ask of us, what we do by ourselves, or a call within either to what we depend on. */
  readonly kind: 'request' | 'job' | 'call';
  readonly attributes?: SpanAttributes;
  /** What a caller said of its own span (https://www.w3.org/TR/trace-context/); malformed, it is ignored. */
  readonly caller?: { readonly traceparent: string | undefined; readonly tracestate: string | undefined };
}

export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Something that is being done. Exactly one `end` ends it. */
export interface Span {
  /** Runs `work` within it: what begins there, also later, is below it. */
  run<Result>(work: () => Result): Result;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** It has failed, with an error of this kind. */
  fail(type: string): void;
  end(): void;
}
