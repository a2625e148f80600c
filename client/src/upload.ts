import type { Image } from './api-types.ts';
import type { Connection } from './connection.ts';
import { TintypeError } from './errors.ts';
import { type OnProgress, Progress } from './progress.ts';
import { retrying } from './retry.ts';
import { blobOf, contentTypeOf, filenameOf, imageTypeOf, type Source } from './source.ts';
import { uploadDirectly } from './upload-direct.ts';
import type { Upload } from './upload-under-way.ts';

export interface UploadOptions {
  /** Whose the image is; may be left out where tokens say who calls. */
  readonly user_id?: string | undefined;
  /** A File's own name unless given. */
  readonly filename?: string | undefined;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** Found from the bytes unless given. */
  readonly content_type?: string | undefined;
  /** SHA-256 of the bytes, in hex: bytes that arrive with another are refused. */
  readonly checksum_sha256?: string | undefined;
  /** A random one unless given. Under one key only one image is made within 24 hours, whoever tries how often. */
  readonly idempotencyKey?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Up to this size the bytes go with the request that makes the image. */
const MOST_INLINE_BYTES = 4 * 1024 * 1024;

/** Up to this size they go to the store in one piece, and beyond it in parts. */
const MOST_PUT_BYTES = 16 * 1024 * 1024;

/** A URL longer than this may be too long for what lies in between. */
const LONGEST_QUERY = 4096;

/** Stores an image in the way that its size asks for, and gives it as it is then. */
export async function upload(connection: Connection, source: Source, options: UploadOptions): Promise<Image> {
  const { content_type, idempotencyKey, onProgress, signal, ...said } = options;
  signal?.throwIfAborted();
  const bytes = blobOf(source);
  const begun: Upload = {
    connection,
    bytes,
    fields: { ...said, filename: said.filename ?? filenameOf(source) },
    contentType: await contentTypeOf(bytes, content_type),
    key: idempotencyKey ?? randomKey(),
    mayBeTakenUp: idempotencyKey !== undefined,
    progress: new Progress(bytes.size, onProgress),
    sendBytes: connection.sender(onProgress !== undefined),
    signal,
  };
  begun.progress.sent(1, 0);
  const query = queryOf(begun.fields);
  if (bytes.size <= MOST_INLINE_BYTES && query.length <= LONGEST_QUERY) {
    try {
      return await uploadInline(begun, query);
    } catch (error) {
      // A gateway's limit may be lower than ours; if it is the service's own, it says so again.
      if (!(error instanceof TintypeError) || error.code !== 'payload_too_large') throw error;
    }
  }
  return uploadDirectly(begun, bytes.size <= MOST_PUT_BYTES ? 'put' : 'parts');
}

async function uploadInline(begun: Upload, query: string): Promise<Image> {
  const { connection, bytes, contentType, key, progress, sendBytes, signal } = begun;
  const attempt = async () => {
    const { status, body } = await sendBytes({
      method: 'POST',
      url: `${connection.url}/images/upload?${query}`,
      headers: {
        ...(await connection.authorization()),
        'content-type': imageTypeOf(contentType),
        'idempotency-key': key,
      },
      body: bytes,
      signal,
      onSent: (sent) => progress.sent(1, sent),
    });
    if (isImage(body)) return body;
    throw new TintypeError('unexpected_answer', status, 'The answer is none of the service.');
  };
  return retrying(attempt, { wait: connection.wait, signal });
}

function isImage(body: unknown): body is Image {
  return typeof body === 'object' && body !== null && 'image_id' in body;
}

function queryOf({ tags = [], ...texts }: Upload['fields']): string {
  const query = new URLSearchParams();
  for (const [name, text] of Object.entries(texts)) if (text !== undefined) query.append(name, text);
  // One alone would be taken apart at its commas; said twice it stays one.
  const only = tags.length === 1 ? tags[0] : undefined;
  for (const tag of only?.includes(',') ? [only, only] : tags) query.append('tags', tag);
  return query.toString();
}

/** 128 random bits in hex. (Pages without TLS have no `randomUUID`.) */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
