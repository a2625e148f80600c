import { DomainError, type ErrorCode, type FieldError } from '../domain/errors.ts';
import { plainAnswer } from './plain-answer.ts';

/** The one place that knows which status a failure has, and what that is called. */
const PROBLEMS: Readonly<Record<ErrorCode, { status: number; title: string }>> = {
  invalid_request: { status: 400, title: 'Invalid request' },
  unauthenticated: { status: 401, title: 'Unauthenticated' },
  insufficient_user_authentication: { status: 401, title: 'Insufficient user authentication' },
  forbidden: { status: 403, title: 'Forbidden' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  timeout: { status: 408, title: 'Request timed out' },
  conflict: { status: 409, title: 'Conflict' },
  not_ready: { status: 409, title: 'Not ready' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  payload_too_large: { status: 413, title: 'Payload too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  range_not_satisfiable: { status: 416, title: 'Range not satisfiable' },
  unprocessable_image: { status: 422, title: 'Unprocessable image' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key reused' },
  quota_exceeded: { status: 429, title: 'Quota exceeded' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  not_configured: { status: 501, title: 'Not configured' },
  unavailable: { status: 503, title: 'Service unavailable' },
  insufficient_storage: { status: 507, title: 'Insufficient storage' },
};

/** All codes, for what documents them. */
export const ERROR_CODES: readonly string[] = Object.keys(PROBLEMS);

/** RFC 9457 problem details, with our `code`, `error` and `request_id`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly error: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}

export const PROBLEM_JSON = 'application/problem+json';

/** Anything that is not a DomainError is a defect of ours, and says nothing of itself to the caller. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return new DomainError(
    'internal',
    'Something went wrong on our side. The request id finds it in the log.',
    {
      cause: error,
    },
  );
}

export function statusOf(code: ErrorCode): number {
  return PROBLEMS[code].status;
}

/** What a failure says of itself, whoever gives the answer. */
export function problemOf(
  code: ErrorCode,
  detail: string,
  requestId: string,
  errors?: readonly FieldError[],
): Problem {
  const { status, title } = PROBLEMS[code];
  const type = `urn:tintype:error:${code}`;
  const more = errors ? { errors } : {};
  return { type, title, status, detail, code, error: detail, request_id: requestId, ...more };
}

export function problemResponse(
  { code, message, errors, retry_after_seconds }: DomainError,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const problem = problemOf(code, message, requestId, errors);
  const text = JSON.stringify(problem);
  const retryAfter = retry_after_seconds ?? (problem.status === 503 ? 5 : undefined);
  return plainAnswer({
    body: text,
    status: problem.status,
    headers: {
      'content-type': PROBLEM_JSON,
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...headers,
    },
  });
}
