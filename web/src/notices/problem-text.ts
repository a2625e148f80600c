import { TintypeError } from '@tintype/client';

/** What a failure means to whoever looks at pictures, by the code of the service's answer. */
const MEANINGS: Readonly<Record<string, string>> = {
  network: 'The server cannot be reached.',
  unauthenticated: 'You are not signed in any more. Sign in again.',
  forbidden: 'You are not allowed to do this.',
  not_found: 'This image is not there any more.',
  conflict: 'Somebody else is changing this just now. Try again.',
  not_ready: 'This image is still being processed.',
  precondition_failed: 'Somebody else has changed this image in the meantime.',
  payload_too_large: 'This is too large.',
  quota_exceeded: 'There is no room left.',
  rate_limited: 'That was a lot at once. Try again in a moment.',
  timeout: 'The request took too long. Try again.',
  not_configured: 'This is not switched on here.',
  unavailable: 'The service cannot do this just now. Try again in a moment.',
  insufficient_storage: 'The server has no room left.',
  internal: 'Something went wrong on the server.',
};

export interface ProblemText {
  readonly text: string;
  /** By which the operator finds what happened in the log. */
  readonly requestId: string | undefined;
}

/** A failure in plain words. What the service says of wrong input is said as it is: it names the field. */
export function problemText(error: unknown): ProblemText {
  if (!(error instanceof TintypeError)) return { text: 'Something went wrong here.', requestId: undefined };
  const details = error.errors?.map(({ field, message }) => `${field} ${message}`).join('; ');
  const text =
    MEANINGS[error.code] ??
    (details ? `Not accepted: ${details}.` : error.message || 'Something went wrong.');
  return { text, requestId: error.request_id };
}

/** The same in one sentence, for a notice. */
export function problemSentence(error: unknown): string {
  const { text, requestId } = problemText(error);
  return requestId ? `${text} (Request ${requestId})` : text;
}
