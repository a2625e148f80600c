import type { WebhookFailure } from '../../ports/webhook-sender.ts';

/** How far a connection had come when it failed. */
export type Stage = 'connecting' | 'securing' | 'open';

/** A failure whose word is known where it happens. */
export class Failure extends Error {
  readonly reason: WebhookFailure;

  constructor(reason: WebhookFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Of the network: the same before, during and after the agreement on TLS. */
const OF_THE_NETWORK = /^(ECONN|EPIPE|EHOST|ENET|EADDR|ENOTCONN)/;
const OF_TLS = /^(EPROTO$|ERR_SSL_|ERR_TLS_)/;

/**
 * The word for an error. Certificates are refused with codes of OpenSSL's, of which there are dozens: what breaks
 * the agreement on TLS and is not of the network is of TLS.
 */
export function reasonOf(error: unknown, stage: Stage): WebhookFailure {
  if (error instanceof Failure) return error.reason;
  const code = codeOf(error);
  if (code === 'ETIMEDOUT') return 'timeout';
  if (OF_TLS.test(code) || (stage === 'securing' && !OF_THE_NETWORK.test(code))) return 'tls';
  return 'connection';
}

/** More than that of what others have a say in (the names in a certificate) is no help. */
const LONGEST_DESCRIPTION = 300;

/**
 * An error in a line for the log. Its other properties are left out: Node puts certificates, and bytes of an answer,
 * on errors.
 */
export function description(error: unknown): string {
  const cause = error instanceof Failure && error.cause !== undefined ? error.cause : error;
  const errors: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  const lines = errors.map((one) =>
    [codeOf(one), one instanceof Error ? one.message : ''].filter(Boolean).join(': '),
  );
  return lines.join('; ').slice(0, LONGEST_DESCRIPTION);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
