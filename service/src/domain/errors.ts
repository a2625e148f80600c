/**
 * The failures that callers can tell apart. `code` is stable and part of the API (the HTTP layer alone
 * maps it to a status); `message` is a sentence for people and must never carry a path, a stack, a
 * library's own words or another user's data. What went wrong underneath belongs in `cause`, for the log.
 */
export type ErrorCode =
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
  | 'insufficient_storage';

/** One thing wrong with the input: the field as the caller named it, and what would be right. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface DomainErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly FieldError[];
  readonly retry_after_seconds?: number;
  readonly owner?: string | undefined;
}

export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  /** After how long it is worth another try, where that is known. */
  readonly retry_after_seconds: number | undefined;
  /** Whose it is that was refused, for the audit alone: whoever is refused must not learn it. */
  readonly owner: string | undefined;

  constructor(code: ErrorCode, message: string, options: DomainErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.errors = options.errors;
    this.retry_after_seconds = options.retry_after_seconds;
    this.owner = options.owner;
  }
}

/** True for a DomainError, of the given code where one is named. */
export function isDomainError(error: unknown, code?: ErrorCode): error is DomainError {
  return error instanceof DomainError && (code === undefined || error.code === code);
}

export function invalidRequest(errors: readonly FieldError[]): DomainError {
  const summary = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new DomainError('invalid_request', `The request is not valid. ${summary}`, { errors });
}

export function invalidField(field: string, message: string): DomainError {
  return invalidRequest([{ field, message }]);
}

/**
 * Also the answer for what exists but is not the caller's: the two must not be told apart.
 * @param owner whose image it is, where there is one.
 */
export function imageNotFound(owner?: string): DomainError {
  return new DomainError('not_found', 'There is no such image.', { owner });
}

export function preconditionFailed(): DomainError {
  return new DomainError(
    'precondition_failed',
    'The image has changed since the version that If-Match names. Fetch it again and repeat the change.',
  );
}

/** Bytes over the limit; `limit` is in bytes. */
/** @param remedy what to do instead, as a sentence. */
export function payloadTooLarge(what: string, limit: number, remedy?: string): DomainError {
  const problem = `${what} is larger than the limit of ${limit} bytes.`;
  return new DomainError('payload_too_large', remedy === undefined ? problem : `${problem} ${remedy}`);
}

/** An image's decoder has ended by itself, or was killed from outside: perhaps because of the image. */
export class DecoderEnded extends DomainError {
  constructor(cause: unknown) {
    super('unavailable', 'The decoder has ended unexpectedly.', { cause });
  }
}

/** A part of the service (disk, database, network) failed; nothing was acknowledged. */
export function unavailable(message: string, cause: unknown): DomainError {
  return new DomainError('unavailable', message, { cause });
}
