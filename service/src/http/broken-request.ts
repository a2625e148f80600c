import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { v4 } from 'uuid';
import { DomainError } from '../domain/errors.ts';
import { problemResponse } from './problem.ts';

/** The answer to a request that never gets to the app, which gives the others their id. */
export function problemOutsideApp(error: DomainError): Response {
  const requestId = v4();
  return problemResponse(error, requestId, { 'x-request-id': requestId });
}

/**
 * Answers on the connection itself what Node's parser could not make a request of, and closes it.
 * @param current the last request on the connection, with its answer, if there has been any.
 */
export async function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  current: ServerResponse | undefined,
): Promise<void> {
  const hasAnswer = current !== undefined && !current.req.complete && current.headersSent;
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswer) {
    socket.destroy(error);
    return;
  }
  // A request that came whole gets its answer; what is broken comes after it.
  socket.pause();
  if (current?.req.complete) await isOver(current);
  const response = problemOutsideApp(brokenRequest(error));
  const head = [...response.headers, ['connection', 'close']].map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}\r\n`;
  socket.end(`${status}${head.join('')}\r\n${await response.text()}`, () => socket.destroy(error));
}

/** The failure of a request of which nothing more comes. */
export function stalledRequest(): NodeJS.ErrnoException {
  return Object.assign(new Error('Nothing more of the request has arrived.'), { code: TOO_SLOW });
}

/** As Node calls it. */
const TOO_SLOW = 'ERR_HTTP_REQUEST_TIMEOUT';

function isOver(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.writableFinished || response.destroyed) resolve();
    else response.once('close', resolve);
  });
}

function brokenRequest(error: NodeJS.ErrnoException): DomainError {
  if (error.code === TOO_SLOW) {
    return new DomainError('timeout', 'The request did not arrive in time.', { cause: error });
  }
  const message =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'The request target and the headers are too long.'
      : 'This is not a well-formed HTTP request.';
  return new DomainError('invalid_request', message, { cause: error });
}
