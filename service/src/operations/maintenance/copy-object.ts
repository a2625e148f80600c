import { createHash } from 'node:crypto';
import type { ImageRecord } from '../../domain/image.ts';
import type { ObjectStore, OpenObject } from '../../ports/object-store.ts';

export type ObjectCopy =
  | { readonly kind: 'copied'; readonly bytes: number }
  /** The target has it already. */
  | { readonly kind: 'there' }
  | { readonly kind: 'missing' | 'damaged'; readonly message: string };

/**
 * Copies an image's bytes under the same key, unless they are at the target; nothing is committed there
 * whose SHA-256 is not the record's.
 * @param there the target's record of the image: its bytes were checked before it was written.
 */
export async function copyObject(
  from: Pick<ObjectStore, 'open'>,
  to: Pick<ObjectStore, 'open' | 'begin' | 'delete'>,
  record: ImageRecord,
  there: ImageRecord | undefined,
): Promise<ObjectCopy> {
  if (await isThere(to, record, there)) return { kind: 'there' };
  const object = await from.open(record.object_key);
  if (!object) return { kind: 'missing', message: 'has a record at the source, but no bytes' };
  try {
    return await copyOpened(object, to, record);
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
  { object_key, checksum_sha256, size_bytes }: ImageRecord,
  there: ImageRecord | undefined,
): Promise<boolean> {
  const object = await to.open(object_key);
  if (!object) return false;
  try {
    const known = there?.checksum_sha256 === checksum_sha256 && there.object_key === object_key;
    if (object.size_bytes === size_bytes && (known || (await checksumOf(object)) === checksum_sha256)) {
      return true;
    }
  } finally {
    await object.close();
  }
  await to.delete(object_key);
  return false;
}

async function copyOpened(
  object: OpenObject,
  to: Pick<ObjectStore, 'begin'>,
  { object_key, checksum_sha256, content_type }: ImageRecord,
): Promise<ObjectCopy> {
  const draft = await to.begin();
  try {
    const hash = createHash('sha256');
    for await (const chunk of object.stream(0, object.size_bytes)) {
      hash.update(chunk);
      await draft.write(chunk);
    }
    if (hash.digest('hex') !== checksum_sha256) {
      await draft.discard();
      return {
        kind: 'damaged',
        message: "has bytes at the source that are not those of its record's SHA-256",
      };
    }
    await draft.commit(object_key, { content_type, checksum_sha256 });
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
