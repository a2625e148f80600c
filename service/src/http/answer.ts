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
  const text = JSON.stringify(body);
  return plainAnswer({
    body: text,
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'private, no-store',
      ...headers,
    },
  });
}

/** An image with its entity tag. */
export function imageAnswer(
  output: ImageView & { readonly image: ImageRecord },
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return jsonAnswer(imageBody(output), status, { etag: etagOf(output.image), ...headers });
}
