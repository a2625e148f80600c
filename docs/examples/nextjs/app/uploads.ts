import type { Picture } from '../lib/picture';

/** Larger ones go straight to the store: many hosts of Next.js take little more in a request. */
const MOST_BYTES_THROUGH_SERVER = 4 * 1024 * 1024;

/** @throws Error with a sentence for people. */
async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const answer = await fetch(path, init);
  const body = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

/** Sends a picture the way that its size asks for. Repeated by whatever is below, it is made once. */
export function upload(file: File): Promise<Picture> {
  const key = crypto.randomUUID();
  return file.size > MOST_BYTES_THROUGH_SERVER ? uploadStraight(file, key) : uploadThroughServer(file, key);
}

export function remove(image_id: string): Promise<null> {
  return ask(`/api/images/${image_id}`, { method: 'DELETE' });
}

function uploadThroughServer(file: File, key: string): Promise<Picture> {
  const query = new URLSearchParams({ filename: file.name });
  const headers = { 'content-type': file.type, 'idempotency-key': key };
  return ask(`/api/images?${query}`, { method: 'POST', headers, body: file });
}

interface Started {
  readonly image_id: string;
  readonly upload: { readonly url: string; readonly headers: Record<string, string> };
}

async function uploadStraight(file: File, key: string): Promise<Picture> {
  const { image_id, upload: announced } = await ask<Started>('/api/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ filename: file.name, content_type: file.type, size_bytes: file.size }),
  });
  const sent = await fetch(announced.url, { method: 'PUT', headers: announced.headers, body: file });
  if (!sent.ok) throw new Error('The picture did not arrive.');
  return ask(`/api/uploads/${image_id}/complete`, { method: 'POST' });
}
