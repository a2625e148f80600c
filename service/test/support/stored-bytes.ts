import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey } from '../../src/domain/object-key.ts';
import type { ObjectDraft, ObjectStore } from '../../src/ports/object-store.ts';

export const MIB = 1024 * 1024;

/** Bytes in which any two places close to each other differ. */
export function bytesOf(size: number, seed = 0): Buffer {
  return Buffer.alloc(
    size,
    Buffer.from(Array.from({ length: 251 }, (_, index) => (index * 7 + seed) & 0xff)),
  );
}

/** The bytes from `start` to just before `end`, with memory to themselves. */
export function copyOf(bytes: Buffer, start: number, end: number): Buffer {
  const part = bytes.subarray(start, end);
  const copy = Buffer.allocUnsafeSlow(part.length);
  part.copy(copy);
  return copy;
}

export async function written(store: ObjectStore, bytes: Buffer, piece = 64 * 1024): Promise<ObjectDraft> {
  const draft = await store.begin();
  for (let at = 0; at < bytes.length; at += piece) await draft.write(bytes.subarray(at, at + piece));
  return draft;
}

export const propertiesOf = (bytes: Buffer) => ({
  content_type: 'image/jpeg' as const,
  checksum_sha256: createHash('sha256').update(bytes).digest('hex'),
});

export async function put(store: ObjectStore, key: string, bytes: Buffer, piece?: number): Promise<void> {
  const draft = await written(store, bytes, piece);
  await draft.commit(key, propertiesOf(bytes));
}

export async function contentOf(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  const object = await store.open(key);
  if (!object) return undefined;
  try {
    return await buffer(object.stream(0, object.size_bytes));
  } finally {
    await object.close();
  }
}

export async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort();
}

export const newKey = (user = 'alice') => imageObjectKey(user, newImageId(Date.now()), 1);
