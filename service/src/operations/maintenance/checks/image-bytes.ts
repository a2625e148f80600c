import { createHash } from 'node:crypto';
import { isDomainError } from '../../../domain/errors.ts';
import { type FormerVersion, type ImageRecord, objectKeysOf } from '../../../domain/image.ts';
import { imageIdOfKey, imageObjectKey, renditionObjectKey } from '../../../domain/object-key.ts';
import { presetFileName } from '../../../domain/rendition-name.ts';
import type { ObjectStore, OpenObject } from '../../../ports/object-store.ts';

type ReadableObjects = Pick<ObjectStore, 'open' | 'list'>;
type StoredVersion = Pick<
  FormerVersion,
  'version' | 'object_key' | 'size_bytes' | 'checksum_sha256' | 'status'
>;

/** Of one version of an image: what is wrong with its bytes. */
export type ByteProblem =
  | { readonly kind: 'missing'; readonly version: StoredVersion }
  | { readonly kind: 'damaged'; readonly version: StoredVersion; readonly what: string };

/**
 * What is wrong with the bytes of a record, of all its versions. Rejected ones are served to nobody: that
 * their bytes are gone harms nobody.
 * @param reads whether all bytes are read, and held against their SHA-256.
 */
export async function byteProblemsOf(
  objects: ReadableObjects,
  record: ImageRecord,
  reads: boolean,
): Promise<ByteProblem[]> {
  const problems: ByteProblem[] = [];
  for (const version of versionsOf(record)) {
    const object = await objects.open(version.object_key);
    if (!object) {
      if (version.status !== 'rejected') problems.push({ kind: 'missing', version });
      continue;
    }
    try {
      const what = await differenceOf(object, version, reads);
      if (what !== undefined) problems.push({ kind: 'damaged', version, what });
    } finally {
      await object.close();
    }
  }
  return problems;
}

/** The versions of an image, each object once: a restored one has that of a former version. */
function versionsOf(record: ImageRecord): StoredVersion[] {
  const byKey = new Map<string, StoredVersion>();
  for (const version of [record, ...record.former_versions]) {
    if (!byKey.has(version.object_key)) byKey.set(version.object_key, version);
  }
  return [...byKey.values()];
}

async function differenceOf(
  object: OpenObject,
  { size_bytes, checksum_sha256 }: StoredVersion,
  reads: boolean,
): Promise<string | undefined> {
  if (object.size_bytes !== size_bytes) {
    return `there are ${object.size_bytes} bytes, and its record says ${size_bytes}`;
  }
  if (!reads || checksum_sha256 === null) return undefined;
  const first = await checksumOf(object);
  // Once more: the network may have failed, and not the bytes.
  const found = 'failure' in first ? await checksumOf(object) : first;
  if ('failure' in found) return `its bytes cannot be read whole: ${found.failure}`;
  return found.sha256 === checksum_sha256 ? undefined : 'its bytes are not those that were stored (SHA-256)';
}

async function checksumOf(object: OpenObject): Promise<{ sha256: string } | { failure: string }> {
  const hash = createHash('sha256');
  try {
    for await (const piece of object.stream(0, object.size_bytes)) hash.update(piece);
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return { failure: error.cause instanceof Error ? error.cause.message : error.message };
  }
  return { sha256: hash.digest('hex') };
}

/** The names of the presets that a record speaks of, and that are not there. */
export async function missingPresetsOf(
  objects: ReadableObjects,
  { user_id, image_id, version, presets }: ImageRecord,
): Promise<string[]> {
  const missing: string[] = [];
  for (const name of presets?.names ?? []) {
    const file = presetFileName(name, presets?.format ?? 'webp');
    const object = await objects.open(renditionObjectKey(user_id, image_id, version, file));
    await object?.close();
    if (!object) missing.push(name);
  }
  return missing;
}

/** Whether anything is left of an image's bytes, of whatever version and by whichever attempt. */
export async function hasAnyBytes(
  objects: ReadableObjects,
  record: Pick<ImageRecord, 'user_id' | 'image_id' | 'object_key' | 'former_versions'>,
): Promise<boolean> {
  const { user_id, image_id } = record;
  for await (const { key } of objects.list(imageObjectKey(user_id, image_id, 1))) {
    if (imageIdOfKey(key) === image_id) return true;
  }
  for (const key of objectKeysOf(record)) {
    const object = await objects.open(key);
    await object?.close();
    if (object) return true;
  }
  return false;
}
