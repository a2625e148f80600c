import { TintypeError } from '@tintype/client';

/** One part on its way to the store. */
export interface OutgoingPart {
  readonly url: string;
  readonly bytes: Blob;
  readonly signal: AbortSignal;
  /** Told how many of its bytes have been sent. */
  readonly onSent: (bytes: number) => void;
}

export type SendPart = (part: OutgoingPart) => Promise<void>;

/**
 * PUTs a part to its presigned URL, which may be of another origin: with no header that the bucket's CORS rules
 * would have to know. By XMLHttpRequest: browsers' fetch does not say how far a body has been sent.
 * @throws TintypeError `network`, or by the status; the signal's reason.
 */
export const sendPart: SendPart = ({ url, bytes, signal, onSent }) =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      const { status } = request;
      if (status >= 200 && status < 300) resolve();
      else reject(new TintypeError(codeOf(status), status, `The store answered ${status}.`));
    };
    request.onerror = () => reject(new TintypeError('network', 0, 'No answer came back.'));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.open('PUT', url);
    request.send(bytes);
  });

function codeOf(status: number): string {
  if (status === 429) return 'rate_limited';
  return status === 413 ? 'payload_too_large' : 'unavailable';
}
