import type { Problem } from './api-types.ts';

/** The codes that the service and this client have today; a later service may have more. */
export type KnownErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'insufficient_user_authentication'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'timeout'
  | 'conflict'
  | 'not_ready'
  | 'precondition_failed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'idempotency_key_reused'
  | 'unprocessable_image'
  | 'rate_limited'
  | 'quota_exceeded'
  | 'internal'
  | 'not_configured'
  | 'unavailable'
  | 'insufficient_storage'
  /** Nothing came back: no connection, or one that broke. */
  | 'network'
  /** What came back is nothing that the service says. */
  | 'unexpected_answer';

/** Open-ended, so that comparing with a code of a later service compiles. */
export type ErrorCode = KnownErrorCode | (string & Record<never, never>);

/** One thing wrong with the input: the field as it was named, and what would be right. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface ErrorDetails {
  readonly request_id?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** What every call of the client rejects with, but for aborts: those reject with the signal's reason. */
export class TintypeError extends Error {
  /** Stable: tell errors apart by this, and by nothing else. */
  readonly code: ErrorCode;
  /** HTTP's; 0 where nothing came back. */
  readonly status: number;
  /** What finds the request in the service's log. */
  declare readonly request_id?: string;
  /** What is wrong with the input, field by field. */
  declare readonly errors?: readonly FieldError[];
  /** After how long another try is worth it, where the service says so. */
  declare readonly retryAfterSeconds?: number;

  constructor(code: ErrorCode, status: number, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TintypeError';
    this.code = code;
    this.status = status;
    if (details.request_id !== undefined) this.request_id = details.request_id;
    if (details.errors !== undefined) this.errors = details.errors;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** What answers of others than the service (a proxy, a store) are called, by their status. */
const CODES: Readonly<Record<number, KnownErrorCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  413: 'payload_too_large',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

/** Of an answer, what errors are made of. */
export interface FailedAnswer {
  readonly status: number;
  /** The parsed body of a JSON answer; of any other its text. */
  readonly body: unknown;
  header(name: string): string | null;
}

/** The error that an answer stands for. */
export function errorOf({ status, body, header }: FailedAnswer): TintypeError {
  const retryAfterSeconds = secondsOf(header('retry-after'));
  if (isProblem(body)) {
    const { code, detail, request_id, errors } = body;
    return new TintypeError(code, status, detail, { request_id, errors, retryAfterSeconds });
  }
  const code = isTimeoutOfS3(body) ? 'timeout' : (CODES[status] ?? 'unexpected_answer');
  const request_id = header('x-request-id') ?? undefined;
  return new TintypeError(code, status, `The answer was ${status}.`, { request_id, retryAfterSeconds });
}

/** @param cause what the transport said of it. */
export function networkError(cause?: unknown): TintypeError {
  return new TintypeError('network', 0, 'No answer came back.', { cause });
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false;
  const { code, detail } = body as Partial<Record<keyof Problem, unknown>>;
  return typeof code === 'string' && typeof detail === 'string';
}

/** S3 says 400 to bytes that came too slowly, which another try may mend. */
function isTimeoutOfS3(body: unknown): boolean {
  return typeof body === 'string' && body.includes('<Code>RequestTimeout</Code>');
}

/** `Retry-After` as seconds or as a date (RFC 9110, section 10.2.3). */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
