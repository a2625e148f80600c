import { header, type Incoming } from './incoming.ts';
import { notImplemented } from './refusal.ts';

/** What of S3 the emulator does. Each kind is known by its method, its place, and the names in its query. */
interface Kind {
  readonly method: string;
  readonly at: 'service' | 'bucket' | 'object';
  readonly names?: readonly string[];
  readonly optional?: RegExp;
}

const LISTING = /^(prefix|delimiter|max-keys|start-after|continuation-token)$/;
const OVERRIDES =
  /^response-(content-type|content-disposition|content-language|content-encoding|cache-control|expires)$/;

const KINDS = {
  ListBuckets: { method: 'GET', at: 'service' },
  CreateBucket: { method: 'PUT', at: 'bucket' },
  HeadBucket: { method: 'HEAD', at: 'bucket' },
  DeleteBucket: { method: 'DELETE', at: 'bucket' },
  ListObjectsV2: { method: 'GET', at: 'bucket', names: ['list-type'], optional: LISTING },
  PutBucketLifecycleConfiguration: { method: 'PUT', at: 'bucket', names: ['lifecycle'] },
  GetBucketLifecycleConfiguration: { method: 'GET', at: 'bucket', names: ['lifecycle'] },
  DeleteBucketLifecycle: { method: 'DELETE', at: 'bucket', names: ['lifecycle'] },
  DeleteObjects: { method: 'POST', at: 'bucket', names: ['delete'] },
  PostObject: { method: 'POST', at: 'bucket' },
  PutObject: { method: 'PUT', at: 'object' },
  GetObject: { method: 'GET', at: 'object', optional: OVERRIDES },
  HeadObject: { method: 'HEAD', at: 'object' },
  DeleteObject: { method: 'DELETE', at: 'object' },
  PutObjectTagging: { method: 'PUT', at: 'object', names: ['tagging'] },
  GetObjectTagging: { method: 'GET', at: 'object', names: ['tagging'] },
  CreateMultipartUpload: { method: 'POST', at: 'object', names: ['uploads'] },
  UploadPart: { method: 'PUT', at: 'object', names: ['partNumber', 'uploadId'] },
  ListParts: {
    method: 'GET',
    at: 'object',
    names: ['uploadId'],
    optional: /^(max-parts|part-number-marker)$/,
  },
  ListMultipartUploads: {
    method: 'GET',
    at: 'bucket',
    names: ['uploads'],
    optional: /^(prefix|max-uploads|key-marker|upload-id-marker)$/,
  },
  CompleteMultipartUpload: { method: 'POST', at: 'object', names: ['uploadId'] },
  AbortMultipartUpload: { method: 'DELETE', at: 'object', names: ['uploadId'] },
} as const satisfies Readonly<Record<string, Kind>>;

export type RequestKind = keyof typeof KINDS | 'CopyObject';

/** In the query of any request: the signature, what SDKs put there, and headers that presigning has moved there. */
const ANYWHERE =
  /^(x-id|X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Content-Sha256|Security-Token)|x-amz-(checksum-\w+|sdk-checksum-algorithm|user-agent))$/;

/** The headers of Amazon's own that are understood. All others would be ignored, so they are refused. */
const KNOWN_HEADERS =
  /^x-amz-(content-sha256|date|security-token|user-agent|meta-.+|sdk-checksum-algorithm|checksum-(algorithm|mode|type|sha256|sha1|crc32)|trailer|decoded-content-length|copy-source(-if-match)?|(metadata|tagging)-directive)$/;

/** Conditions, and who takes them. */
const CONDITIONS: Readonly<Record<string, readonly RequestKind[]>> = {
  'if-match': ['GetObject', 'HeadObject', 'PutObject', 'CompleteMultipartUpload', 'DeleteObject'],
  'if-none-match': ['GetObject', 'HeadObject', 'PutObject', 'CopyObject', 'CompleteMultipartUpload'],
  'if-modified-since': ['GetObject'],
  'if-unmodified-since': ['GetObject'],
  'if-range': [],
  range: ['GetObject'],
};

/** The kind of a request, or a refusal of what the emulator would get wrong. */
export function kindOf(request: Incoming): RequestKind {
  const { method, path, query } = request;
  const [, bucket = '', ...key] = path.split('/');
  const place = bucket === '' ? 'service' : key.join('/') === '' ? 'bucket' : 'object';
  const names = query.map(([name]) => name).filter((name) => !ANYWHERE.test(name));
  const found = Object.entries<Kind>(KINDS).find(([, kind]) => {
    const own = names.filter((name) => !kind.optional?.test(name)).sort();
    return kind.method === method && kind.at === place && own.join() === (kind.names ?? []).join();
  });
  if (found === undefined) throw notImplemented(`${method} of ${place} with [${names.join(', ')}]`);
  const kind = refine(found[0] as keyof typeof KINDS, request);
  checkHeaders(kind, request);
  return kind;
}

function refine(kind: keyof typeof KINDS, request: Incoming): RequestKind {
  if (header(request, 'x-amz-copy-source') === undefined) return kind;
  if (kind === 'PutObject') return 'CopyObject';
  throw notImplemented(`${kind} with x-amz-copy-source`);
}

function checkHeaders(kind: RequestKind, request: Incoming): void {
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith('x-amz-') && !KNOWN_HEADERS.test(name)) throw notImplemented(`The header ${name}`);
    if (CONDITIONS[name]?.includes(kind) === false) throw notImplemented(`${kind} with ${name}`);
  }
  if (header(request, 'x-amz-checksum-type') === 'FULL_OBJECT')
    throw notImplemented('A checksum of the whole upload');
  if (header(request, 'expires') !== undefined) throw notImplemented('The header expires');
}
