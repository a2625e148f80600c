import { etagOf, type ImageRecord } from '../domain/image.ts';
import type { ImageView } from '../operations/steps/present-image.ts';
import { imageBody } from './image-body.ts';
import { plainAnswer } from './plain-answer.ts';

/** A JSON answer about people's images: with its length, and for no cache to keep. */
export function jsonAnswer(
  body: unknown,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return writtenAnswer(written(body), status, headers);
}

/** An image with its entity tag. */
export function imageAnswer(
  output: ImageView & { readonly image: ImageRecord },
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return jsonAnswer(imageBody(output), status, { etag: etagOf(output.image), ...headers });
}

/** What was written of images that are shown again as they were. */
const writtenBefore = new WeakMap<object, Written>();

/** The same, of an output that may be the very one of an earlier answer. */
export function sameImageAnswer(output: ImageView & { readonly image: ImageRecord }): Response {
  let body = writtenBefore.get(output);
  if (body === undefined) {
    body = written(imageBody(output));
    writtenBefore.set(output, body);
  }
  return writtenAnswer(body, 200, { etag: etagOf(output.image) });
}

interface Written {
  readonly text: string;
  /** In bytes, in decimal. */
  readonly length: string;
}

function written(body: unknown): Written {
  const text = JSON.stringify(body);
  return { text, length: String(Buffer.byteLength(text)) };
}

function writtenAnswer(
  { text, length }: Written,
  status: number,
  headers: Readonly<Record<string, string>>,
): Response {
  return plainAnswer({
    body: text,
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': length,
      'cache-control': 'private, no-store',
      ...headers,
    },
  });
}
