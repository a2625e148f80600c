import { expect } from 'vitest';
import type { Started } from './announced-uploads.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes } from './uploads.ts';

type Upload = Started['upload'];

/** Sends the bytes over the network to where the answer of start-upload says, by whichever method. */
export async function sendBytes(upload: Upload, bytes: Buffer): Promise<void> {
  if (upload.method === 'parts') {
    for (const part of upload.parts) await sendPart(upload, part, bytes);
    return;
  }
  const answer = upload.method === 'post' ? await postBytes(upload, bytes) : await putBytes(upload, bytes);
  expect(answer.ok, `status ${answer.status}`).toBe(true);
}

/** Sends one part of the bytes to its URL, which may be a fresh one. */
export async function sendPart(
  { part_size_bytes }: Pick<Upload, 'part_size_bytes'>,
  { number, size_bytes, url }: Upload['parts'][number],
  bytes: Buffer,
): Promise<void> {
  const from = (number - 1) * part_size_bytes;
  const body = new Uint8Array(bytes.subarray(from, from + size_bytes));
  const answer = await fetch(url, { method: 'PUT', body });
  expect(answer.ok, `part ${number}: status ${answer.status}`).toBe(true);
}

function postBytes({ url, fields }: Upload, bytes: Buffer): Promise<Response> {
  const body = multipartBytes([...fieldParts(fields), filePart('file', bytes, 'photo.jpg')]);
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': MULTIPART },
    body: new Uint8Array(body),
  });
}

function putBytes({ url, headers }: Upload, bytes: Buffer): Promise<Response> {
  // Clients say the length by themselves.
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  return fetch(url, { method: 'PUT', headers: Object.fromEntries(others), body: new Uint8Array(bytes) });
}
