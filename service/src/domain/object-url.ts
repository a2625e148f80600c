import { isObjectKey, type ObjectKey } from './object-key.ts';
import type { Signer } from './signing.ts';

/**
 * URLs at which this service serves objects itself: `{base}/objects/{key}?...&signature=...`. The
 * signature covers everything before it as it is written, and stands last: a parameter that is changed,
 * added, doubled, reordered or spelled in another way makes another text, which was never signed.
 */
export interface ObjectUrlGrant {
  readonly key: ObjectKey;
  /** Milliseconds since 1970; whole seconds. */
  readonly expires_at: number;
  readonly content_type: string;
  readonly content_disposition: string;
}

const PREFIX = '/objects/';
const SIGNATURE = '&signature=';

/** The path and query at which the object can be read; one signature serves GET and HEAD. */
export function signObjectUrl(signer: Signer, grant: ObjectUrlGrant): string {
  const path = grant.key.split('/').map(encodeURIComponent).join('/');
  const query = new URLSearchParams({
    expires: String(grant.expires_at / 1000),
    'response-content-type': grant.content_type,
    'response-content-disposition': grant.content_disposition,
  });
  const unsigned = `${PREFIX}${path}?${query}`;
  return `${unsigned}${SIGNATURE}${signer.sign(`GET ${unsigned}`)}`;
}

/** What a path and query allow at `now`, or undefined where they were not signed so or have expired. */
export function verifyObjectUrl(signer: Signer, target: string, now: number): ObjectUrlGrant | undefined {
  const at = target.lastIndexOf(SIGNATURE);
  if (at < 0 || !target.startsWith(PREFIX)) return undefined;
  const unsigned = target.slice(0, at);
  if (!signer.verify(`GET ${unsigned}`, target.slice(at + SIGNATURE.length))) return undefined;
  const [path = '', query = ''] = unsigned.slice(PREFIX.length).split('?');
  const parameters = new URLSearchParams(query);
  const grant = {
    key: path.split('/').map(decodeURIComponent).join('/'),
    expires_at: Number(parameters.get('expires')) * 1000,
    content_type: parameters.get('response-content-type') ?? '',
    content_disposition: parameters.get('response-content-disposition') ?? '',
  };
  return isObjectKey(grant.key) && now < grant.expires_at ? grant : undefined;
}
