import type { Writable } from 'node:stream';
import type { Context } from 'hono';
import parseRange from 'range-parser';
import { DomainError, imageNotFound } from '../domain/errors.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import { verifyObjectUrl } from '../domain/object-url.ts';
import type { Signer } from '../domain/signing.ts';
import { servableObject } from '../operations/steps/servable-object.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore, OpenObject } from '../ports/object-store.ts';
import type { AppContext, Env } from './context.ts';
import { KeptObject, type KeptObjects } from './kept-objects.ts';
import type { ObjectCheck, ObjectChecks } from './object-checks.ts';
import { plainAnswer } from './plain-answer.ts';
import type { SendBuffers } from './send-buffers.ts';

/** Up to this many bytes are read at once and sent as one piece. */
const ONE_READ = 1024 * 1024;

/** Bytes that somebody uploaded, shown on our own origin: nothing in them may run, or pass for another type. */
const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
};

/** What it takes to serve presigned URLs. */
export interface ObjectService {
  readonly app: AppContext;
  /** What the URLs are signed with. */
  readonly signer: Signer;
  readonly checks: ObjectChecks;
  readonly buffers: SendBuffers;
  readonly kept: KeptObjects;
}

/**
 * GET and HEAD of presigned URLs (RFC 9110: ranges, conditions), where this process serves them itself.
 * Bytes that are no longer those that were stored are never served whole: small ones are 500, and large
 * ones break off before their last piece. In a range alone nobody can see it.
 */
export async function serveObject(c: Context<Env>, service: ObjectService): Promise<Response> {
  const target = targetOf(c);
  const { app, signer, checks, kept } = service;
  const { clock, objects } = app.deps;
  const now = clock.now();
  const grant = verifyObjectUrl(signer, target, now);
  if (!grant) throw new DomainError('forbidden', 'This URL is not valid, or no longer. Ask for a new one.');
  const servable = await servableObject(app.deps, grant.key);
  if (!servable) {
    kept.forget(grant.key);
    throw imageNotFound();
  }
  const object = kept.get(grant.key) ?? (await openObject(objects, grant.key));
  const headers: Record<string, string> = {
    ...SAFE_HEADERS,
    'content-type': grant.content_type,
    'content-disposition': grant.content_disposition,
    'cache-control': `private, max-age=${Math.floor((grant.expires_at - now) / 1000)}, immutable`,
    etag: object.etag,
    'last-modified': object.last_modified.toUTCString(),
    'accept-ranges': 'bytes',
  };
  if (isNotModified(c, object)) {
    await object.close();
    return plainAnswer({ body: null, status: 304, headers });
  }
  const beginCheck = () => checks.begin(grant.key, object.etag, servable.checksum_sha256);
  return sendBytes(c, { key: grant.key, object, beginCheck, service }, headers);
}

/** Path and query as they were sent: a URL object would have resolved `/./` and `/../` in it. */
export function targetOf(c: Context<Env>): string {
  return c.env?.incoming?.url ?? c.req.url.slice(c.req.url.indexOf('/', 'https://'.length));
}

async function openObject(objects: ObjectStore, key: string): Promise<OpenObject> {
  const object = await objects.open(key);
  if (!object) throw imageNotFound();
  return object;
}

/** An open object on its way out. */
interface Sending {
  readonly key: ObjectKey;
  readonly object: OpenObject;
  /** For an answer that has all of the bytes. */
  readonly beginCheck: () => ObjectCheck | undefined;
  readonly service: ObjectService;
}

async function sendBytes(
  c: Context<Env>,
  sending: Sending,
  headers: Record<string, string>,
): Promise<Response> {
  const { object } = sending;
  const size = object.size_bytes;
  const range = requestedRange(c, object);
  if (range === 'unsatisfiable') {
    await object.close();
    c.header('content-range', `bytes */${size}`);
    throw new DomainError('range_not_satisfiable', `The object has ${size} bytes; the range lies outside.`);
  }
  const { start, end } = range ?? { start: 0, end: size };
  if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  headers['content-length'] = String(end - start);
  const status = range ? 206 : 200;
  if (c.req.method === 'HEAD') {
    await object.close();
    return plainAnswer({ body: null, status, headers });
  }
  const body = await bodyOf(c, sending, start, end);
  return body instanceof Uint8Array
    ? plainAnswer({ body, status, headers })
    : new Response(body, { status, headers });
}

async function bodyOf(c: Context<Env>, sending: Sending, start: number, end: number) {
  const { object, beginCheck, service } = sending;
  const outgoing = c.env?.outgoing;
  if (object instanceof KeptObject && outgoing) return usedUntilClosed(object, start, end, outgoing);
  let streams = false;
  try {
    const check = start === 0 && end === object.size_bytes ? beginCheck() : undefined;
    const bytes = { object, check, start, end };
    streams = end - start > ONE_READ;
    if (streams) return streamOf(c, bytes, service.app.deps.log);
    return await (outgoing ? readToSend(sending, bytes, outgoing) : readChecked(bytes));
  } finally {
    if (!streams) await object.close();
  }
}

/** The bytes from `start` to just before `end`, with what checks them. */
interface CheckedBytes {
  readonly object: OpenObject;
  readonly check: ObjectCheck | undefined;
  readonly start: number;
  readonly end: number;
}

/**
 * With memory that is used again once the connection has come to the end of this answer, or longer: as a small object is kept for those
 * who ask for it next.
 */
async function readToSend({ key, service }: Sending, bytes: CheckedBytes, outgoing: Writable) {
  const { object, start, end } = bytes;
  const { buffers, kept } = service;
  const buffer = buffers.take(end - start);
  let isKept = false;
  try {
    const read = await readChecked(bytes, buffer);
    const isWhole = end - start === object.size_bytes && read.buffer === buffer.buffer;
    isKept = isWhole && kept.isWorthKeeping(key, object.size_bytes);
    return isKept ? usedUntilClosed(kept.keep(key, object, buffer), start, end, outgoing) : read;
  } finally {
    // Not before nothing is read into it any more.
    if (!isKept) whenClosed(outgoing, () => buffers.giveBack(buffer));
  }
}

async function readChecked({ object, check, start, end }: CheckedBytes, into?: Uint8Array) {
  const bytes = (await object.read(start, end, into)) as Uint8Array<ArrayBuffer>;
  check?.add(bytes);
  check?.finish();
  return bytes;
}

function usedUntilClosed(object: KeptObject, start: number, end: number, outgoing: Writable) {
  const bytes = object.use(start, end);
  whenClosed(outgoing, () => object.release());
  return bytes;
}

function whenClosed(outgoing: Writable, then: () => void): void {
  if (outgoing.closed) then();
  else outgoing.once('close', then);
}

/** The pieces, of which the last is given only if the check finds them all right. */
async function* piecesOf({ object, check, start, end }: CheckedBytes) {
  let at = start;
  for await (const piece of object.stream(start, end)) {
    at += piece.length;
    check?.add(piece);
    if (at >= end) check?.finish();
    yield piece;
  }
}

/**
 * Closes the object at the end, at a failure, and where the caller goes away, even before the first piece.
 * At a failure the connection is cut: nothing that could pass for the rest of the bytes may follow.
 */
function streamOf(c: Context<Env>, bytes: CheckedBytes, log: Log): ReadableStream<Uint8Array> {
  const { object } = bytes;
  const pieces = piecesOf(bytes);
  return new ReadableStream({
    async pull(controller) {
      const next = await pieces.next().catch(async (error: unknown) => {
        log.error({ err: error, request_id: c.get('requestId') }, 'an answer broke off within its bytes');
        await object.close();
        // The adapter would send the failure's message in place of the bytes, and print it.
        if (!c.env?.outgoing) throw error;
        c.env.outgoing.destroy();
        return undefined;
      });
      if (next?.done === false) return controller.enqueue(next.value);
      await object.close();
      controller.close();
    },
    cancel: () => object.close(),
  });
}

/** RFC 9110, section 13.2.2: `If-None-Match` counts, and only without it `If-Modified-Since`. */
function isNotModified(c: Context<Env>, object: OpenObject): boolean {
  const tags = c.req.header('if-none-match');
  if (tags !== undefined) {
    return tags
      .split(',')
      .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === object.etag);
  }
  const since = c.req.header('if-modified-since');
  return since !== undefined && Math.floor(object.last_modified.getTime() / 1000) * 1000 <= Date.parse(since);
}

/**
 * One range is served; several, or a malformed header, get the whole, and so does HEAD, for which there
 * are no ranges (RFC 9110, section 14.2).
 */
function requestedRange(
  c: Context<Env>,
  object: OpenObject,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const header = c.req.header('range');
  const ifRange = c.req.header('if-range');
  if (header === undefined || c.req.method !== 'GET') return undefined;
  if (ifRange !== undefined && ifRange !== object.etag) return undefined;
  if (isLongSuffix(header, object.size_bytes)) return { start: 0, end: object.size_bytes };
  const ranges = parseRange(object.size_bytes, header);
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  const [first] = ranges;
  return first && { start: first.start, end: first.end + 1 };
}

/** The last bytes, more of them than there are: all of them (section 14.1.2). The parser refuses that. */
function isLongSuffix(header: string, size: number): boolean {
  const suffix = /^bytes=-(\d+)$/.exec(header)?.[1];
  return suffix !== undefined && size > 0 && Number(suffix) > size;
}
