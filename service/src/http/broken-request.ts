import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { v4 } from 'uuid';
import { DomainError } from '../domain/errors.ts';
import { problemResponse, toDomainError } from './problem.ts';

/** The answer to what failed before the app could see it, or beside it. */
export function problemOutsideApp(error: unknown): Response {
  const requestId = v4();
  return problemResponse(toDomainError(error), requestId, { 'x-request-id': requestId });
}

/** To be called where the address in a request cannot be one: its target or its Host header. */
export function malformedAddress(cause: unknown): DomainError {
  return new DomainError('invalid_request', 'The request target or the Host header is malformed.', { cause });
}

/**
 * Answers on the connection itself what Node's parser could not make a request of, and closes it.
 * @param current what is being answered on the connection, if anything is.
 */
export async function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  current: ServerResponse | undefined,
): Promise<void> {
  const isSilent = error.code === 'ECONNRESET' || !socket.writable || current?.headersSent;
  if (!isSilent) {
    const response = problemOutsideApp(brokenRequest(error));
    const headers = [...response.headers, ['connection', 'close']].map(([name, value]) => `${name}: ${value}\r\n`);
    const status = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}\r\n`;
    socket.write(`${status}${headers.join('')}\r\n${await response.text()}`);
  }
  socket.destroy(error);
}

function brokenRequest(error: NodeJS.ErrnoException): DomainError {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new DomainError('timeout', 'The request did not arrive in time.', { cause: error });
  }
  const message =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'The request target and the headers are too long.'
      : 'This is not a well-formed HTTP request.';
  return new DomainError('invalid_request', message, { cause: error });
}
