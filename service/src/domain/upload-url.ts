import { type ObjectKey, UPLOADS_PREFIX } from './object-key.ts';
import { signTarget, verifyTarget } from './signed-target.ts';
import type { Signer } from './signing.ts';

/** What somebody may send straight to this service, by PUT or by a form. */
export interface UploadUrlGrant {
  readonly key: ObjectKey;
  /** Milliseconds since 1970; whole seconds. */
  readonly expires_at: number;
  readonly content_type: string;
  readonly size_bytes: number;
  /** Lower-case hex. */
  readonly checksum_sha256: string | undefined;
}

/** One part of an upload, by PUT. */
export interface PartUrlGrant {
  readonly key: ObjectKey;
  readonly expires_at: number;
  readonly size_bytes: number;
  readonly parts_id: string;
  readonly number: number;
}

/** The names of a form's fields, as S3 has them; the file comes last, as `file`. */
const TYPE = 'Content-Type';
const POLICY = 'policy';
const SIGNATURE = 'signature';
const CHECKSUM = 'x-amz-checksum-sha256';

/** The headers that a PUT must have, as they are; the checksum in base64, as S3 wants it. */
export function uploadHeaders({
  content_type,
  checksum_sha256,
}: Pick<UploadUrlGrant, 'content_type' | 'checksum_sha256'>): Readonly<Record<string, string>> {
  return { 'content-type': content_type, ...checksumField(checksum_sha256) };
}

function checksumField(hex: string | undefined): Readonly<Record<string, string>> {
  return hex === undefined ? {} : { [CHECKSUM]: Buffer.from(hex, 'hex').toString('base64') };
}

/** The path and query to which the bytes can be PUT. */
export function signUploadUrl(signer: Signer, grant: UploadUrlGrant): string {
  const { key, expires_at, content_type, size_bytes, checksum_sha256 } = grant;
  return signTarget(signer, 'PUT', key, {
    expires: String(expires_at / 1000),
    'content-type': content_type,
    'content-length': String(size_bytes),
    ...(checksum_sha256 === undefined ? {} : { 'checksum-sha256': checksum_sha256 }),
  });
}

/** The path and query to which one part can be PUT. */
export function signPartUrl(signer: Signer, grant: PartUrlGrant): string {
  return signTarget(signer, 'PUT', grant.key, {
    expires: String(grant.expires_at / 1000),
    'content-length': String(grant.size_bytes),
    'parts-id': grant.parts_id,
    'part-number': String(grant.number),
  });
}

/** What may be PUT at `now`, or undefined where the path and query were not signed so or have expired. */
export function verifyUploadUrl(
  signer: Signer,
  target: string,
  now: number,
): UploadUrlGrant | PartUrlGrant | undefined {
  const verified = verifyTarget(signer, 'PUT', target);
  if (!verified?.key.startsWith(UPLOADS_PREFIX)) return undefined;
  const { key, parameters } = verified;
  const expires_at = Number(parameters.get('expires')) * 1000;
  if (!(now < expires_at)) return undefined;
  const size_bytes = Number(parameters.get('content-length'));
  const parts_id = parameters.get('parts-id');
  if (parts_id !== null) {
    return { key, expires_at, size_bytes, parts_id, number: Number(parameters.get('part-number')) };
  }
  const content_type = parameters.get('content-type') ?? '';
  const checksum_sha256 = parameters.get('checksum-sha256') ?? undefined;
  return { key, expires_at, size_bytes, content_type, checksum_sha256 };
}

/**
 * The fields of a form that may be posted, in the shape of S3's: what it sends, a policy that says what
 * it may, and the policy's signature.
 */
export function signUploadForm(signer: Signer, grant: UploadUrlGrant): Readonly<Record<string, string>> {
  const fields = {
    key: grant.key,
    [TYPE]: grant.content_type,
    ...checksumField(grant.checksum_sha256),
  };
  const policy = {
    expiration: new Date(grant.expires_at).toISOString(),
    conditions: [
      ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
      ['content-length-range', grant.size_bytes, grant.size_bytes],
    ],
  };
  const text = Buffer.from(JSON.stringify(policy)).toString('base64');
  return { ...fields, [POLICY]: text, [SIGNATURE]: signer.sign(`POST ${text}`) };
}

/**
 * What a form with these fields may send at `now`, or undefined where its policy was not signed so, has
 * expired, or does not name just these fields with just these values.
 */
export function verifyUploadForm(
  signer: Signer,
  given: ReadonlyMap<string, readonly string[]>,
  now: number,
): UploadUrlGrant | undefined {
  if ([...given.values()].some((values) => values.length !== 1)) return undefined;
  const fields = new Map([...given].map(([name, [value = '']]) => [name, value]));
  const policy = fields.get(POLICY) ?? '';
  if (!signer.verify(`POST ${policy}`, fields.get(SIGNATURE) ?? '')) return undefined;
  const grant = grantOfPolicy(policy);
  if (!grant?.key.startsWith(UPLOADS_PREFIX) || !(now < grant.expires_at)) return undefined;
  // We sign one form for one grant: any other was made by somebody else.
  const signed = Object.entries(signUploadForm(signer, grant)).filter(([name]) => name !== SIGNATURE);
  const same = signed.every(([name, value]) => fields.get(name) === value);
  return same && fields.size === signed.length + 1 ? grant : undefined;
}

/** Of a policy whose signature has been verified: it is one of ours. */
function grantOfPolicy(base64: string): UploadUrlGrant | undefined {
  const { expiration, conditions } = JSON.parse(Buffer.from(base64, 'base64').toString()) as {
    expiration: string;
    conditions: readonly (Readonly<Record<string, string>> | readonly [string, number, number])[];
  };
  const fields: Record<string, string> = {};
  let size_bytes: number | undefined;
  for (const condition of conditions) {
    if (Array.isArray(condition)) size_bytes = Number(condition[2]);
    else Object.assign(fields, condition);
  }
  const { key, [TYPE]: content_type, [CHECKSUM]: checksum } = fields;
  if (key === undefined || content_type === undefined || size_bytes === undefined) return undefined;
  const checksum_sha256 =
    checksum === undefined ? undefined : Buffer.from(checksum, 'base64').toString('hex');
  return { key, expires_at: Date.parse(expiration), content_type, size_bytes, checksum_sha256 };
}
