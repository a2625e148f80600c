import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { DomainError, invalidField, payloadTooLarge } from '../domain/errors.ts';
import { OBJECTS_PATH } from '../domain/signed-target.ts';
import {
  type PartUrlGrant,
  type UploadUrlGrant,
  uploadHeaders,
  verifyUploadForm,
  verifyUploadUrl,
} from '../domain/upload-url.ts';
import type { IncomingBytes } from '../ports/upload-inbox.ts';
import { bodyChunks, contentLength } from './body/chunks.ts';
import { type MultipartUpload, multipartUpload } from './body/multipart-body.ts';
import type { AppContext, DirectUploads, Env } from './context.ts';
import { targetOf } from './objects.ts';

/** What a form may hold beside its file: boundaries, part headers and fields. */
const FORM_OVERHEAD = 256 * 1024;

type Grant = UploadUrlGrant | PartUrlGrant;

/**
 * A presigned PUT of an upload, or of a part of one. The grant is looked at when the request begins: what
 * is under way when it expires may come to its end.
 */
export async function takePut(c: Context<Env>, app: AppContext, uploads: DirectUploads): Promise<Response> {
  const grant = verifyUploadUrl(uploads.signer, targetOf(c), app.deps.clock.now());
  if (!grant) throw notGranted();
  mustAnnounce(c, grant);
  const incoming = await uploads.inbox.receive(inboxTarget(grant));
  const etag = await take(bodyChunks(c), grant, incoming);
  return taken(200, etag);
}

/** A presigned form, in the shape of S3's: the fields, then the file; what comes after that is passed over. */
export async function takeForm(c: Context<Env>, app: AppContext, uploads: DirectUploads): Promise<Response> {
  if (targetOf(c) !== OBJECTS_PATH) throw notGranted();
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'multipart/form-data') {
    throw new DomainError('unsupported_media_type', 'Send multipart/form-data, with the file last.');
  }
  const form = multipartUpload(c, ['file']);
  try {
    const grant = verifyUploadForm(uploads.signer, await form.leading(), app.deps.clock.now());
    if (!grant) throw notGranted();
    if ((contentLength(c) ?? 0) > grant.size_bytes + FORM_OVERHEAD) throw tooLarge(grant);
    const incoming = await uploads.inbox.receive({ key: grant.key });
    const etag = await take(wholeForm(form), grant, incoming);
    return taken(204, etag);
  } catch (error) {
    form.abandon();
    throw error;
  }
}

/** The file of a form that turns out to be well-formed to its end. */
async function* wholeForm({ bytes, fields }: MultipartUpload): AsyncGenerator<Uint8Array> {
  yield* bytes;
  await fields();
}

function inboxTarget(grant: Grant) {
  const { key } = grant;
  return 'parts_id' in grant ? { key, part: { parts_id: grant.parts_id, number: grant.number } } : { key };
}

/** Refuses what says itself that it is not what was granted, before any of it is taken. */
function mustAnnounce(c: Context<Env>, grant: Grant): void {
  if (!('parts_id' in grant)) {
    for (const [name, value] of Object.entries(uploadHeaders(grant))) {
      if (c.req.header(name) !== value) throw invalidField(name, `must be ${value}`);
    }
  }
  const length = contentLength(c);
  if (length === undefined) {
    // S3 takes no body of which it does not know the length, so nobody shall come to rely on it here.
    if (c.req.header('transfer-encoding') === undefined) return;
    throw invalidField('content-length', 'is missing');
  }
  if (length > grant.size_bytes) throw tooLarge(grant);
  if (length < grant.size_bytes) throw invalidField('content-length', `must be ${grant.size_bytes}`);
}

/** Lets the bytes in as they come, and has them arrive if they are just what was granted. */
async function take(
  chunks: AsyncIterable<Uint8Array>,
  grant: Grant,
  incoming: IncomingBytes,
): Promise<string> {
  try {
    const checksum = 'parts_id' in grant ? undefined : grant.checksum_sha256;
    const hash = checksum === undefined ? undefined : createHash('sha256');
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > grant.size_bytes) throw tooLarge(grant);
      hash?.update(chunk);
      await incoming.write(chunk, 'given');
    }
    if (size < grant.size_bytes) {
      throw invalidField('body', `has ${size} bytes, and ${grant.size_bytes} were announced`);
    }
    if (hash && hash.digest('hex') !== checksum) {
      throw invalidField('body', 'has another SHA-256 than was announced');
    }
    return await incoming.commit();
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

function taken(status: 200 | 204, etag: string): Response {
  const length: Record<string, string> = status === 204 ? {} : { 'content-length': '0' };
  return new Response(null, { status, headers: { ...length, etag, 'cache-control': 'no-store' } });
}

function notGranted(): DomainError {
  return new DomainError('forbidden', 'This upload is not granted, or no longer. Ask for a new one.');
}

function tooLarge({ size_bytes }: Grant): DomainError {
  return payloadTooLarge('The upload', size_bytes);
}
