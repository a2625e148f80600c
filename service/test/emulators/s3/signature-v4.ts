import { createHash, createHmac } from 'node:crypto';
import { header, type Incoming, queryValue } from './incoming.ts';
import { accessDenied, notImplemented, Refusal } from './refusal.ts';

/** Secrets by access key. */
export type Keys = Readonly<Record<string, string>>;

export interface Expectation {
  readonly service: 's3' | 'sqs' | 'es';
  readonly keys: Keys;
  readonly now: number;
  /** The hash of the body, for a service whose clients do not send it. */
  readonly bodyHash?: string;
}

/** What a request says about its signature, in its headers or in its query. */
interface Claim {
  readonly presigned: boolean;
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly payloadHash: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const ALLOWED_SKEW_MS = 15 * 60_000;
const LONGEST_LIFE_SECONDS = 7 * 24 * 3600;

/**
 * Fails unless a request is signed by a known key, over what it must be signed over, and in time:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function verifySignature(request: Incoming, expected: Expectation): void {
  const claim = readClaim(request, expected);
  const scope = readScope(claim, expected.service);
  checkTime(request, claim, expected.now);
  checkSignedHeaders(request, claim);
  const secret = expected.keys[scope.accessKey];
  if (secret === undefined) {
    throw new Refusal(
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  const text = [ALGORITHM, claim.date, scope.text, sha256(canonicalRequest(request, claim))].join('\n');
  if (sign(secret, scope.text, text) !== claim.signature) {
    throw new Refusal(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
}

/** The signature of a text under a scope, `{day}/{region}/{service}/aws4_request`. */
export function sign(secret: string, scope: string, text: string): string {
  const key = scope
    .split('/')
    .reduce<Buffer | string>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  return hmac(key, text).toString('hex');
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Milliseconds since 1970 of `20261121T120000Z`; not a number where it is something else. */
export function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function readClaim(request: Incoming, expected: Expectation): Claim {
  const authorization = header(request, 'authorization');
  const presigned = queryValue(request, 'X-Amz-Algorithm') !== undefined;
  if (presigned && authorization !== undefined) {
    throw new Refusal(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  }
  if (presigned) {
    const names = request.query.map(([name]) => name).filter((name) => name.startsWith('X-Amz-'));
    if (new Set(names).size < names.length)
      throw notImplemented('A parameter of a signature that is there twice');
    return presignedClaim(request);
  }
  if (authorization === undefined) throw accessDenied('Access Denied');
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  const [, credential, signedHeaders, signature] = match ?? [];
  const date = header(request, 'x-amz-date');
  if (!credential || !signedHeaders || !signature || !date) throw malformed(false);
  const payloadHash = expected.bodyHash ?? header(request, 'x-amz-content-sha256');
  if (payloadHash === undefined) {
    throw new Refusal(
      400,
      'InvalidRequest',
      'Missing required header for this request: x-amz-content-sha256',
    );
  }
  return { presigned, credential, signedHeaders: signedHeaders.split(';'), signature, date, payloadHash };
}

function presignedClaim(request: Incoming): Claim {
  const [algorithm, credential, signedHeaders, signature, date] = [
    'Algorithm',
    'Credential',
    'SignedHeaders',
    'Signature',
    'Date',
  ].map((name) => queryValue(request, `X-Amz-${name}`));
  if (algorithm !== ALGORITHM || !credential || !signedHeaders || !signature || !date) throw malformed(true);
  const names = signedHeaders.split(';');
  const signedHash = names.includes('x-amz-content-sha256')
    ? header(request, 'x-amz-content-sha256')
    : undefined;
  return {
    presigned: true,
    credential,
    signedHeaders: names,
    signature,
    date,
    payloadHash: signedHash ?? queryValue(request, 'X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD',
  };
}

function readScope({ presigned, credential, date }: Claim, service: string) {
  const [accessKey = '', day, region, claimedService, terminator, ...more] = credential.split('/');
  const fits =
    region && day === date.slice(0, 8) && claimedService === service && terminator === 'aws4_request';
  if (!fits || more.length > 0) throw malformed(presigned);
  return { accessKey, text: [day, region, claimedService, terminator].join('/') };
}

function checkTime(request: Incoming, { presigned, date }: Claim, now: number): void {
  const signedAt = timeOf(date);
  if (Number.isNaN(signedAt)) throw malformed(presigned);
  if (!presigned) {
    if (Math.abs(now - signedAt) <= ALLOWED_SKEW_MS) return;
    throw new Refusal(
      403,
      'RequestTimeTooSkewed',
      "The difference between the request time and the server's time is too large.",
    );
  }
  const life = queryValue(request, 'X-Amz-Expires') ?? '';
  if (!/^[1-9]\d*$/.test(life) || Number(life) > LONGEST_LIFE_SECONDS) throw malformed(presigned);
  if (signedAt - now > ALLOWED_SKEW_MS) throw accessDenied('Request is not yet valid');
  if (now > signedAt + Number(life) * 1000) throw accessDenied('Request has expired');
}

/** The host and everything of Amazon's own must be signed: nobody may add it on the way. */
function checkSignedHeaders(request: Incoming, { signedHeaders }: Claim): void {
  const needed = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  if (needed.some((name) => !signedHeaders.includes(name))) {
    throw accessDenied('There were headers present in the request which were not signed');
  }
}

function canonicalRequest(request: Incoming, { signedHeaders, payloadHash }: Claim): string {
  const path = request.path
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/');
  const query = request.query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&');
  const headers = signedHeaders.map((name) => {
    const value = header(request, name) ?? '';
    return `${name}:${value.trim().replaceAll(/\s+/g, ' ')}\n`;
  });
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), payloadHash].join('\n');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function malformed(presigned: boolean): Refusal {
  return presigned
    ? new Refusal(400, 'AuthorizationQueryParametersError', 'The parameters of the signature are malformed')
    : new Refusal(400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed');
}
