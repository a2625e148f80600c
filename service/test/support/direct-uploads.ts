import { buffer } from 'node:stream/consumers';
import { expect } from 'vitest';
import { type ObjectKey, UPLOADS_PREFIX } from '../../src/domain/object-key.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import type { PresignedPost, PresignedPut, UploadGrant, UploadStore } from '../../src/ports/upload-store.ts';
import { newKey, propertiesOf } from './stored-bytes.ts';
import { fieldParts, filePart, MULTIPART, multipartBytes } from './uploads.ts';

/** A request as a client makes it from what the store has described. */
export interface SentRequest {
  readonly method: 'PUT' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface OpenedUploadStore {
  readonly uploads: UploadStore;
  /** Where what is accepted lies. */
  readonly objects: ObjectStore;
  /** Sends a request to where the URL leads; the length of the body goes with it. */
  send(url: string, request: SentRequest): Promise<Response>;
  close(): Promise<void>;
}

export const newUploadKey = (user = 'alice'): ObjectKey => UPLOADS_PREFIX + newKey(user);

/** Whole seconds, as grants want them. */
export const inSeconds = (seconds: number) => (Math.floor(Date.now() / 1000) + seconds) * 1000;

/** A grant for just these bytes, but that any others of their size will do where `checked` is false. */
export function grantFor(bytes: Buffer, { checked = true } = {}): UploadGrant {
  return {
    expires_at: inSeconds(600),
    content_type: 'image/jpeg',
    size_bytes: bytes.length,
    checksum_sha256: checked ? propertiesOf(bytes).checksum_sha256 : undefined,
  };
}

/** The request of a presigned PUT; clients say the length of what they send by themselves. */
export function putRequest({ headers }: PresignedPut, body: Buffer): SentRequest {
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
  return { method: 'PUT', headers: Object.fromEntries(others), body };
}

/** The form of a presigned POST: every field, then the file. */
export function postRequest({ fields }: Pick<PresignedPost, 'fields'>, body: Buffer): SentRequest {
  const form = multipartBytes([...fieldParts(fields), filePart('file', body, 'osprey (1).jpg')]);
  return { method: 'POST', headers: { 'content-type': MULTIPART }, body: form };
}

export async function sendPut(
  { uploads, send }: OpenedUploadStore,
  key: ObjectKey,
  bytes: Buffer,
  grant = grantFor(bytes, { checked: false }),
): Promise<Response> {
  const presigned = await uploads.presignPut(key, grant);
  return send(presigned.url, putRequest(presigned, bytes));
}

/** Sends one part as the store describes it. */
export async function sendPart(
  { uploads, send }: OpenedUploadStore,
  { key, parts_id, number }: { key: ObjectKey; parts_id: string; number: number },
  bytes: Buffer,
): Promise<Response> {
  const part = { number, size_bytes: bytes.length, expires_at: inSeconds(600) };
  const url = await uploads.presignPart(key, parts_id, part);
  return send(url, { method: 'PUT', headers: {}, body: bytes });
}

/** Refused as the caller's own fault (an emulator says 501 where it does not know how S3 would refuse). */
export function expectRefused({ status }: Response): void {
  expect(status === 501 || (status >= 400 && status < 500), `status ${status}`).toBe(true);
}

/** What has arrived under a key: its bytes and its entity tag. */
export async function arrivedAt(
  uploads: UploadStore,
  key: ObjectKey,
): Promise<{ readonly bytes: Buffer; readonly etag: string } | undefined> {
  const upload = await uploads.open(key);
  if (!upload) return undefined;
  try {
    return { bytes: await buffer(upload.stream(0, upload.size_bytes)), etag: upload.etag };
  } finally {
    await upload.close();
  }
}

/** Puts bytes under a key and gives their entity tag. */
export async function arrive(store: OpenedUploadStore, key: ObjectKey, bytes: Buffer): Promise<string> {
  expect((await sendPut(store, key, bytes)).status).toBe(200);
  return (await arrivedAt(store.uploads, key))?.etag ?? '';
}

export async function uploadKeys(uploads: UploadStore): Promise<ObjectKey[]> {
  const keys: ObjectKey[] = [];
  for await (const { key } of uploads.list()) keys.push(key);
  return keys.sort();
}
