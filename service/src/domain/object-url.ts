import type { ObjectKey } from './object-key.ts';
import { signTarget, verifyTarget } from './signed-target.ts';
import type { Signer } from './signing.ts';

/** What a URL allows at which this service serves an object itself. */
export interface ObjectUrlGrant {
  readonly key: ObjectKey;
  /** Milliseconds since 1970; whole seconds. */
  readonly expires_at: number;
  readonly content_type: string;
  readonly content_disposition: string;
}

/** The path and query at which the object can be read; one signature serves GET and HEAD. */
export function signObjectUrl(signer: Signer, grant: ObjectUrlGrant): string {
  return signTarget(signer, 'GET', grant.key, {
    expires: String(grant.expires_at / 1000),
    'response-content-type': grant.content_type,
    'response-content-disposition': grant.content_disposition,
  });
}

/** What a path and query allow at `now`, or undefined where they were not signed so or have expired. */
export function verifyObjectUrl(signer: Signer, target: string, now: number): ObjectUrlGrant | undefined {
  const verified = verifyTarget(signer, 'GET', target);
  if (!verified) return undefined;
  const { key, parameters } = verified;
  const grant = {
    key,
    expires_at: Number(parameters.get('expires')) * 1000,
    content_type: parameters.get('response-content-type') ?? '',
    content_disposition: parameters.get('response-content-disposition') ?? '',
  };
  return now < grant.expires_at ? grant : undefined;
}
