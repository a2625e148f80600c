import { expect } from 'vitest';
import type { Image } from './answers.ts';
import type { TestHome } from './homes.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes } from './uploads.ts';

type Home = Omit<TestHome, 'close'>;

/** What start-upload answers; of `upload` only what its method has. */
export interface Started {
  readonly image: Image;
  readonly upload: {
    readonly method: string;
    readonly url: string;
    readonly fields: Record<string, string>;
    readonly headers: Record<string, string>;
    readonly part_size_bytes: number;
    readonly parts: readonly StartedPart[];
  };
}

export interface StartedPart {
  readonly number: number;
  readonly size_bytes: number;
  readonly url: string;
}

/** Announces these bytes as alice's JPEG, but for what is said otherwise. */
export async function announce(
  home: Home,
  bytes: Buffer,
  differing: Record<string, unknown> = {},
): Promise<Response> {
  const body = { user_id: 'alice', content_type: 'image/jpeg', size_bytes: bytes.length, ...differing };
  return home.request('/images/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export async function startUpload(
  home: Home,
  bytes: Buffer,
  differing: Record<string, unknown> = {},
): Promise<Started> {
  const response = await announce(home, bytes, differing);
  expect(response.status, await response.clone().text()).toBe(201);
  const started = (await response.json()) as Started;
  expect(response.headers.get('location')).toBe(`${home.context.publicUrl}/images/${started.image.image_id}`);
  expect(started.image).toMatchObject({ status: 'pending', url: null, width: null, height: null });
  return started;
}

/** Sends the bytes as the answer says: by its form, or by its PUT. */
export function sendUpload(home: Home, { upload }: Started, bytes: Buffer): Promise<Response> {
  if (upload.method === 'post') {
    const body = multipartBytes([...fieldParts(upload.fields), filePart('file', bytes, 'photo.jpg')]);
    const headers = { 'content-type': MULTIPART };
    return home.follow(upload.url, { method: 'POST', headers, body: new Uint8Array(body) });
  }
  // Clients say the length by themselves.
  const headers = Object.entries(upload.headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  return home.follow(upload.url, {
    method: 'PUT',
    headers: Object.fromEntries(headers),
    body: new Uint8Array(bytes),
  });
}

/** Sends one part of the bytes. */
export function putPart(
  home: Home,
  { upload }: Started,
  bytes: Buffer,
  { number, size_bytes, url }: StartedPart,
): Promise<Response> {
  const from = (number - 1) * upload.part_size_bytes;
  return home.follow(url, { method: 'PUT', body: new Uint8Array(bytes.subarray(from, from + size_bytes)) });
}

export function complete(home: Home, { image }: Started): Promise<Response> {
  return home.request(`/images/${image.image_id}/complete`, { method: 'POST' });
}

export async function fetched(home: Home, url: string | null): Promise<Buffer> {
  return Buffer.from(await (await home.follow(url ?? '')).arrayBuffer());
}

/** What lies in the store of this upload. */
export async function uploadsLeft(home: Home, { image }: Started): Promise<string[]> {
  const left: string[] = [];
  for await (const { key } of home.context.deps.uploads.list()) {
    if (key.endsWith(image.image_id)) left.push(key);
  }
  return left;
}
