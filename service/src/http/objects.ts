import type { Context } from 'hono';
import parseRange from 'range-parser';
import { DomainError } from '../domain/errors.ts';
import { verifyObjectUrl } from '../domain/object-url.ts';
import type { Signer } from '../domain/signing.ts';
import type { ObjectStore, OpenObject } from '../ports/object-store.ts';
import type { AppContext, Env } from './context.ts';

/** Up to this many bytes are read at once and sent as one piece. */
const ONE_READ = 1024 * 1024;

/** Bytes that somebody uploaded, shown on our own origin: nothing in them may run, or pass for another type. */
const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
};

/** GET and HEAD of presigned URLs (RFC 9110: ranges, conditions), where this process serves them itself. */
export async function serveObject(c: Context<Env>, app: AppContext, signer: Signer): Promise<Response> {
  const target = targetOf(c);
  const { clock, objects } = app.deps;
  const now = clock.now();
  const grant = verifyObjectUrl(signer, target, now);
  if (!grant) throw new DomainError('forbidden', 'This URL is not valid, or no longer. Ask for a new one.');
  const object = await openObject(objects, grant.key);
  const headers = new Headers({
    ...SAFE_HEADERS,
    'content-type': grant.content_type,
    'content-disposition': grant.content_disposition,
    'cache-control': `private, max-age=${Math.floor((grant.expires_at - now) / 1000)}, immutable`,
    etag: object.etag,
    'last-modified': object.last_modified.toUTCString(),
    'accept-ranges': 'bytes',
  });
  if (isNotModified(c, object)) {
    await object.close();
    return new Response(null, { status: 304, headers });
  }
  return sendBytes(c, object, headers);
}

/** Path and query as they were sent: a URL object would have resolved `/./` and `/../` in it. */
function targetOf(c: Context<Env>): string {
  return c.env?.incoming?.url ?? c.req.url.slice(c.req.url.indexOf('/', 'https://'.length));
}

async function openObject(objects: ObjectStore, key: string): Promise<OpenObject> {
  const object = await objects.open(key);
  if (!object) throw new DomainError('not_found', 'There is no such image.');
  return object;
}

async function sendBytes(c: Context<Env>, object: OpenObject, headers: Headers): Promise<Response> {
  const size = object.size_bytes;
  const range = requestedRange(c, object);
  if (range === 'unsatisfiable') {
    await object.close();
    c.header('content-range', `bytes */${size}`);
    throw new DomainError('range_not_satisfiable', `The object has ${size} bytes; the range lies outside.`);
  }
  const { start, end } = range ?? { start: 0, end: size };
  if (range) headers.set('content-range', `bytes ${start}-${end - 1}/${size}`);
  headers.set('content-length', String(end - start));
  const status = range ? 206 : 200;
  if (c.req.method === 'HEAD') {
    await object.close();
    return new Response(null, { status, headers });
  }
  return new Response(await bodyOf(object, start, end), { status, headers });
}

async function bodyOf(object: OpenObject, start: number, end: number) {
  if (end - start > ONE_READ) return streamOf(object, start, end);
  try {
    return (await object.read(start, end)) as Uint8Array<ArrayBuffer>;
  } finally {
    await object.close();
  }
}

/** Closes the object at the end, at a failure, and where the caller goes away, even before the first piece. */
function streamOf(object: OpenObject, start: number, end: number): ReadableStream<Uint8Array> {
  const pieces = object.stream(start, end)[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await pieces.next().catch(async (error: unknown) => {
        await object.close();
        throw error;
      });
      if (!next.done) return controller.enqueue(next.value);
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
