import { TintypeError } from '@tintype/client';
import type { Server } from './connection.ts';
import { reasonOf } from './reason.ts';
import { plainText } from './text/plain-text.ts';

/** What a command could not do, in plain words: what is wrong, what helps, and what finds it in the server's log. */
export function failureText(error: unknown, server: Server): string {
  if (!(error instanceof TintypeError)) return plainText(reasonOf(error));
  const sentence = plainText(sentenceOf(error, server));
  return error.request_id === undefined
    ? sentence
    : `${sentence}\n${plainText(`(request id ${error.request_id})`)}`;
}

/** The same in one line, without the request's id: for lists of what went wrong. */
export function failureLine(error: unknown, server: Server): string {
  return plainText(error instanceof TintypeError ? sentenceOf(error, server) : reasonOf(error));
}

function sentenceOf(error: TintypeError, { url, token }: Server): string {
  const { code, message, retryAfterSeconds } = error;
  const whenAgain = retryAfterSeconds === undefined ? '' : ` Try again in ${secondsText(retryAfterSeconds)}.`;
  switch (code) {
    case 'network':
      return (
        `No answer from ${url}${becauseOf(error)}. Is the server running? \`tintype serve\` starts one on this ` +
        'machine; --url or TINTYPE_URL names another.'
      );
    case 'unexpected_answer':
      return `What answers at ${url} does not seem to be Tintype (${message}). Is --url, or TINTYPE_URL, right?`;
    case 'unauthenticated':
      return token === undefined
        ? `${url} wants to know who is asking: give --token or TINTYPE_TOKEN. \`tintype token --help\` says how to make one for development.`
        : `${url} does not accept the token: ${message}`;
    case 'forbidden':
      return `That is not allowed: ${message}`;
    case 'not_configured':
      return `${message} (README.md, under "Configuration", says how.)`;
    case 'precondition_failed':
      return 'Somebody has changed the image meanwhile; nothing was done. Look at it again (`tintype show`), then repeat.';
    case 'rate_limited':
      return `Too many requests.${whenAgain}`;
    case 'internal':
      return `Something went wrong at the server; its log has the details.`;
    default:
      return `${message}${whenAgain}`;
  }
}

const secondsText = (seconds: number) => (seconds === 1 ? '1 second' : `${seconds} seconds`);

/** What the transport says, which is at the bottom of a pile of errors. */
function becauseOf(error: Error): string {
  let bottom: unknown = error;
  while (bottom instanceof Error && bottom.cause !== undefined) bottom = bottom.cause;
  if (!(bottom instanceof Error) || bottom === error) return '';
  const { code } = bottom as NodeJS.ErrnoException;
  return ` (${code === 'ECONNREFUSED' ? 'connection refused' : bottom.message || code})`;
}
