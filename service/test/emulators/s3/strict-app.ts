import type { buildApp } from 'fauxqs';
import { verifyBody } from './checksums.ts';
import { copySourceOf, settleCopyChecksum, tellCopyChecksum } from './copy-checksum.ts';
import { header, type Incoming, incoming, queryValue } from './incoming.ts';
import type { ObjectTags, Tag } from './object-tags.ts';
import { partListing } from './part-listing.ts';
import { type PostedObject, verifyPost } from './post-policy.ts';
import { checkConditions } from './preconditions.ts';
import { settleRange } from './range.ts';
import { errorXml, notImplemented, Refusal } from './refusal.ts';
import { kindOf, type RequestKind } from './request-kind.ts';
import type { RequestMeter } from './request-meter.ts';
import { type Keys, sha256, verifySignature } from './signature-v4.ts';
import type { S3Store, Uploads } from './strict-store.ts';
import { uploadListing } from './upload-listing.ts';

type App = ReturnType<typeof buildApp>;
type Request = Parameters<Parameters<App['setErrorHandler']>[0]>[1];
type Reply = Parameters<Parameters<App['setErrorHandler']>[0]>[2];

export interface StrictParts {
  readonly store: S3Store;
  readonly uploads: Uploads;
  readonly tags: ObjectTags;
  readonly meter: RequestMeter;
  readonly keys: Keys;
}

/** Parts of uploads and images come whole: fauxqs' own limit is 11 MiB. */
const LARGEST_BODY = 64 * 1024 * 1024;
const SQS_TYPE = 'application/x-amz-json-1.0';

interface Params {
  readonly bucket?: string;
  readonly '*'?: string;
}

/** A request to S3, on its way through the hooks. */
interface Passing {
  readonly kind: RequestKind;
  readonly incoming: Incoming;
  posted?: PostedObject;
  /** Those of the source of a copy that keeps them. */
  copiedTags?: readonly Tag[];
  /** The answer to what fauxqs does not do. */
  answer?: string;
}

/** Puts between fauxqs and its clients what is missing in between. Must be called before it listens. */
export function makeStrict(app: App, parts: StrictParts): void {
  const passing = new WeakMap<Request, Passing>();
  parseBodies(app, parts);
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    refuse(asRefusal(error), request, reply);
  });
  app.addHook('onRequest', async (request) => {
    const came = incoming(request.raw);
    if (isSqs(request)) {
      parts.meter.count(header(came, 'x-amz-target')?.split('.').at(-1) ?? 'unknown');
      return;
    }
    const kind = kindOf(came);
    parts.meter.count(kind);
    passing.set(request, { kind, incoming: came });
    if (kind !== 'PostObject') verifySignature(came, { service: 's3', keys: parts.keys, now: toldTime() });
    checkLength(kind, came);
  });
  // With a callback, and not as a promise: nothing may come between the check and what is checked for.
  app.addHook('preHandler', (request, reply, done) => {
    const failure = failureOf(() => checkBeforeHandling(request, passing.get(request), parts));
    const answer = passing.get(request)?.answer;
    if (failure !== undefined || answer === undefined) done(failure);
    else reply.type('application/xml').send(answer);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const passed = passing.get(request);
    return passed ? completeAnswer(passed, request, { reply, payload }, parts) : payload;
  });
}

/**
 * The clock that the answers' `Date` tells as well, by which a client whose own is wrong puts it right. A test that
 * moves `Date.now` moves the client's alone.
 */
function toldTime(): number {
  return Date.parse(new Date().toISOString());
}

/** Bodies as bytes for S3; for SQS as JSON, once its signature over them has been verified. */
function parseBodies(app: App, { keys }: StrictParts): void {
  const options = { parseAs: 'buffer', bodyLimit: LARGEST_BODY } as const;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(SQS_TYPE, options, async (request: Request, body: Buffer) => {
    if (!isSqs(request)) return body;
    const bodyHash = sha256(body);
    verifySignature(incoming(request.raw), { service: 'sqs', keys, now: toldTime(), bodyHash });
    return JSON.parse(body.toString());
  });
  app.addContentTypeParser<Buffer>('*', options, async (_request: Request, body: Buffer) => body);
}

function isSqs({ method, url, headers }: Request): boolean {
  return method === 'POST' && url === '/' && headers['content-type'] === SQS_TYPE;
}

function checkLength(kind: RequestKind, came: Incoming): void {
  if (kind !== 'PutObject' && kind !== 'UploadPart') return;
  const length = header(came, 'content-length') ?? header(came, 'x-amz-decoded-content-length');
  if (length === undefined) {
    throw new Refusal(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
}

function checkBeforeHandling(request: Request, passed: Passing | undefined, parts: StrictParts): void {
  if (passed === undefined) return;
  const { kind, incoming: came } = passed;
  const { bucket = '', '*': key = '' } = request.params as Params;
  if (request.method === 'PUT' || request.method === 'POST') request.body ??= Buffer.alloc(0);
  const body = request.body as Buffer;
  if (kind === 'PostObject') {
    passed.posted = verifyPost(
      { contentType: header(came, 'content-type') ?? '', body, bucket },
      parts.keys,
      toldTime(),
    );
    return;
  }
  if (Buffer.isBuffer(body)) {
    if (kind === 'CompleteMultipartUpload') refuseChecksums(came);
    verifyBody(came, body);
  }
  checkUpload(passed, { bucket, key, body }, parts.uploads);
  settleTags(passed, { bucket, key, body }, parts.tags);
  checkConditions(parts.store, kind, came, { bucket, key });
  if (kind === 'CopyObject') settleCopyChecksum(parts.store, request.headers);
  if (kind === 'GetObject') settleRange(parts.store, request.headers, { bucket, key });
  if (kind === 'PutObject' || kind === 'CreateMultipartUpload') {
    request.headers['content-type'] ??= 'binary/octet-stream';
  }
}

function checkUpload(
  passed: Passing,
  { bucket, key, body }: { readonly bucket: string; readonly key: string; readonly body: Buffer },
  uploads: Uploads,
): void {
  const { kind, incoming: came } = passed;
  if (kind === 'ListMultipartUploads') passed.answer = uploadListing(came, bucket, uploads.of(bucket));
  const id = queryValue(came, 'uploadId');
  if (id === undefined) return;
  const upload = uploads.checkTarget(id, bucket, key);
  if (kind === 'ListParts') passed.answer = partListing(came, upload);
  if (kind === 'CompleteMultipartUpload') uploads.checkCompletion(upload, body.toString());
  if (kind === 'UploadPart')
    uploads.checkPart(upload, queryValue(came, 'partNumber') ?? '', checksumOf(came));
}

function settleTags(
  passed: Passing,
  { bucket, key, body }: { readonly bucket: string; readonly key: string; readonly body: Buffer },
  tags: ObjectTags,
): void {
  const { kind, incoming: came } = passed;
  const place = { bucket, key };
  if (kind === 'GetObjectTagging') passed.answer = tags.listing(place);
  if (kind === 'PutObjectTagging') {
    tags.put(came, place, body.toString());
    passed.answer = '';
  }
  if (kind === 'CopyObject' && header(came, 'x-amz-tagging-directive') !== 'REPLACE') {
    passed.copiedTags = tags.of(copySourceOf(came.headers));
  }
}

/** The algorithm of the checksum that comes with a body, before it or after it. */
function checksumOf(came: Incoming): string | undefined {
  const names = [...Object.keys(came.headers), header(came, 'x-amz-trailer') ?? ''];
  return names.map((name) => /^x-amz-checksum-(sha256|sha1|crc32)$/.exec(name)?.[1]).find(Boolean);
}

/** Here it would be of the object and not of the body. */
function refuseChecksums(came: Incoming): void {
  if (checksumOf(came) !== undefined) throw notImplemented('A checksum of the whole upload');
}

function completeAnswer(
  { kind, incoming: came, posted, copiedTags }: Passing,
  request: Request,
  { reply, payload }: { readonly reply: Reply; readonly payload: unknown },
  { store, tags }: StrictParts,
): unknown {
  const done = reply.statusCode < 300;
  const { bucket = '', '*': key = '' } = request.params as Params;
  if ((kind === 'GetObject' || kind === 'HeadObject') && done) {
    reply.header('accept-ranges', 'bytes');
    const { length } = tags.of({ bucket, key });
    if (length > 0) reply.header('x-amz-tagging-count', String(length));
  }
  if (kind === 'GetObject' && done) {
    for (const [name, value] of came.query) {
      if (name.startsWith('response-')) reply.header(name.slice('response-'.length), value);
    }
  }
  const condition = header(came, 'if-none-match');
  if (reply.statusCode === 304 && condition !== undefined) reply.header('etag', condition);
  if (kind === 'PostObject' && done && posted?.checksumSha256 !== undefined) {
    Object.assign(store.headObject(bucket, posted.key), {
      checksumAlgorithm: 'SHA256',
      checksumValue: posted.checksumSha256,
      checksumType: 'FULL_OBJECT',
    });
  }
  if (kind !== 'CopyObject' || !done) return payload;
  if (copiedTags !== undefined) tags.give({ bucket, key }, copiedTags);
  return tellCopyChecksum(store, { bucket, key }, String(payload));
}

function refuse(refusal: Refusal, request: Request, reply: Reply): void {
  reply.code(refusal.status);
  if (isSqs(request)) {
    reply.type(SQS_TYPE).send({ __type: `com.amazonaws.sqs#${refusal.code}`, message: refusal.message });
  } else if (request.method === 'HEAD' || refusal.status === 304) {
    reply.send();
  } else {
    reply.type('application/xml').send(errorXml(refusal));
  }
}

function asRefusal(error: Error & { readonly statusCode?: number }): Refusal {
  if (error instanceof Refusal) return error;
  if (error.statusCode === 413) {
    return new Refusal(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  return new Refusal(500, 'InternalError', error.message);
}

function failureOf(check: () => void): Error | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
