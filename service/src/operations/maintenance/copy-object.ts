import { createHash } from 'node:crypto';
import type { FormerVersion } from '../../domain/image.ts';
import type { MediaType } from '../../domain/media-type.ts';
import type { ObjectKey } from '../../domain/object-key.ts';
import type { ObjectStore, OpenObject } from '../../ports/object-store.ts';

export type ObjectCopy =
  | { readonly kind: 'copied'; readonly bytes: number }
  /** The target has it already. */
  | { readonly kind: 'there' }
  /** The source has none, or none with the SHA-256 that is on record. */
  | { readonly kind: 'missing' | 'damaged' };

/** Bytes whose SHA-256 is on record. */
export type RecordedBytes = Pick<
  FormerVersion,
  'object_key' | 'checksum_sha256' | 'size_bytes' | 'content_type'
>;

type CopyTarget = Pick<ObjectStore, 'open' | 'begin' | 'delete'>;

/**
 * Copies the bytes of a version under the same key, unless they are at the target; nothing is committed there
 * whose SHA-256 is not the record's.
 * @param isKnown whether the target's record refers to these bytes: they were checked before it was written.
 */
export async function copyObject(
  from: Pick<ObjectStore, 'open'>,
  to: CopyTarget,
  bytes: RecordedBytes,
  isKnown: boolean,
): Promise<ObjectCopy> {
  if (await isThere(to, bytes, isKnown)) return { kind: 'there' };
  const object = await from.open(bytes.object_key);
  if (!object) return { kind: 'missing' };
  try {
    return await copyOpened(object, to, bytes.object_key, bytes);
  } finally {
    await object.close();
  }
}

/** Copies a rendition, of which no SHA-256 is on record, unless the target has one of the same size. */
export async function copyRendition(
  from: Pick<ObjectStore, 'open'>,
  to: CopyTarget,
  key: ObjectKey,
  content_type: MediaType,
): Promise<ObjectCopy> {
  const object = await from.open(key);
  if (!object) return { kind: 'missing' };
  try {
    const there = await to.open(key);
    await there?.close();
    if (there?.size_bytes === object.size_bytes) return { kind: 'there' };
    if (there) await to.delete(key);
    return await copyOpened(object, to, key, { content_type });
  } finally {
    await object.close();
  }
}

/**
 * True where the target has the bytes. What a run that was cut off has left there without a record may be
 * whole or not: it is read, and removed unless it is right.
 */
async function isThere(
  to: Pick<ObjectStore, 'open' | 'delete'>,
  { object_key, checksum_sha256, size_bytes }: RecordedBytes,
  isKnown: boolean,
): Promise<boolean> {
  const object = await to.open(object_key);
  if (!object) return false;
  try {
    if (object.size_bytes === size_bytes && (isKnown || (await checksumOf(object)) === checksum_sha256)) {
      return true;
    }
  } finally {
    await object.close();
  }
  await to.delete(object_key);
  return false;
}

interface Expected {
  readonly content_type: MediaType;
  /** Left out where it is not known: then whatever is there is right. */
  readonly checksum_sha256?: string | null;
}

async function copyOpened(
  object: OpenObject,
  to: Pick<ObjectStore, 'begin'>,
  key: ObjectKey,
  { content_type, checksum_sha256: expected }: Expected,
): Promise<ObjectCopy> {
  const draft = await to.begin();
  try {
    const hash = createHash('sha256');
    for await (const chunk of object.stream(0, object.size_bytes)) {
      hash.update(chunk);
      await draft.write(chunk, 'given');
    }
    const checksum_sha256 = hash.digest('hex');
    if (expected !== undefined && checksum_sha256 !== expected) {
      await draft.discard();
      return { kind: 'damaged' };
    }
    await draft.commit(key, { content_type, checksum_sha256 });
    return { kind: 'copied', bytes: object.size_bytes };
  } catch (error) {
    await draft.discard();
    throw error;
  }
}

async function checksumOf(object: OpenObject): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of object.stream(0, object.size_bytes)) hash.update(chunk);
  return hash.digest('hex');
}
