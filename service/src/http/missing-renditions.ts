import type { Context } from 'hono';
import { DomainError, invalidField } from '../domain/errors.ts';
import { RENDITIONS_PREFIX } from '../domain/object-key.ts';
import { type FoundRendition, renderMissing } from '../operations/background/render-missing.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { createBaseApp } from './base-app.ts';
import type { App, AppContext, Env } from './context.ts';

/** As S3 says it of every object: a key always means the same bytes. */
const IMMUTABLE = 'max-age=31536000, immutable';

/**
 * An app that answers for renditions which are not in the store, as the store will from then on: to be asked by
 * what stands in front of both and has checked signatures, and by nobody else.
 */
export function createMissingRenditionsApp(context: AppContext): App {
  // Whoever asks has signed the request for Lambda, in the header that tokens come in elsewhere.
  const app = createBaseApp({ ...context, tokens: undefined });
  const allowed = new AllowedMethods();
  const pattern = `/${RENDITIONS_PREFIX}*`;
  app.get(pattern, (c) => answer(c, context));
  allowed.add(pattern, 'GET');
  allowed.refuseOthers(app);
  return app;
}

async function answer(c: Context<Env>, { deps }: AppContext): Promise<Response> {
  const asked = askedHeaders(c);
  const { object, content_type } = await renderMissing(deps, keyOf(c));
  try {
    const headers = { 'content-type': content_type, ...describe(object), ...asked };
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    // All of it, checked, before the first byte goes out: caches keep what they are given for a year.
    const bytes = (await object.read(0, object.size_bytes)) as Uint8Array<ArrayBuffer>;
    return new Response(bytes, { headers });
  } finally {
    await object.close();
  }
}

function describe({ size_bytes, etag, last_modified }: FoundRendition['object']): Record<string, string> {
  return {
    'content-length': String(size_bytes),
    etag,
    'last-modified': last_modified.toUTCString(),
    'cache-control': IMMUTABLE,
  };
}

/** The path without the one layer of encoding that a URL has, as S3 takes it. */
function keyOf(c: Context<Env>): string {
  const path = new URL(c.req.url).pathname.slice(1);
  try {
    return decodeURIComponent(path);
  } catch {
    throw new DomainError('not_found', 'There is nothing at this path.');
  }
}

/**
 * What a URL says of the headers that its answer has, by S3's names for it: part of what is signed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function askedHeaders(c: Context<Env>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ['content-type', 'content-disposition']) {
    const value = c.req.query(`response-${name}`);
    if (value === undefined) continue;
    if (!/^[\x20-\x7e]+$/.test(value)) throw invalidField(`response-${name}`, 'must be printable ASCII');
    headers[name] = value;
  }
  return headers;
}
