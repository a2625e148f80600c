import { type ImageRecord, objectKeysOf } from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import {
  imageIdOfRendition,
  imageObjectKey,
  type ObjectKey,
  renditionsPrefix,
} from '../../domain/object-key.ts';
import type { EdgeCache } from '../../ports/edge-cache.ts';
import type { Deps } from '../deps.ts';

export type WithdrawDeps = Pick<Deps, 'index' | 'objects' | 'links'> & {
  /** Undefined where nothing caches objects. */
  readonly edge?: EdgeCache | undefined;
};

/**
 * Removes what is not to be seen any more, and has the caches forget an image that nobody may be served. Of an
 * image that is gone that is everything, its share links included; of one that has other bytes by now, the
 * renditions of the versions before, and those of the named objects that nothing refers to.
 */
export async function withdrawImage(
  { index, objects, links, edge }: WithdrawDeps,
  { image_id, user_id, object_keys }: WithdrawImage,
): Promise<void> {
  const record = await index.get(image_id);
  await removeWithdrawn({ objects }, { image_id, user_id, object_keys }, record);
  if (!record) await links.removeOf(image_id);
  if (!edge || (record?.status === 'ready' && record.deleted_at === null)) return;
  const state = record && [record.version, record.revision, record.background_revision].join('.');
  const prefixes = [imageObjectKey(user_id, image_id, 1), renditionsPrefix(user_id, image_id)];
  await edge.forget(prefixes, `${image_id} ${state ?? 'gone'}`);
}

async function removeWithdrawn(
  { objects }: Pick<Deps, 'objects'>,
  { image_id, user_id, object_keys }: Pick<WithdrawImage, 'image_id' | 'user_id' | 'object_keys'>,
  record: ImageRecord | undefined,
): Promise<void> {
  const renditions = renditionsPrefix(user_id, image_id);
  if (!record) {
    // The id is as long as every other, and followed by nothing or a dot: no other image's keys begin so.
    for (const prefix of [imageObjectKey(user_id, image_id, 1), renditions]) {
      for await (const { key } of objects.list(prefix)) await objects.delete(key);
    }
    return;
  }
  const kept = objectKeysOf(record);
  const dropped = object_keys.filter((key) => !kept.has(key));
  for (const key of dropped) await objects.delete(key);
  const outdated: ObjectKey[] = [];
  for await (const { key } of objects.list(renditions)) {
    // Not just every other version: there may be one by now that is later than the record that was read.
    if ((imageIdOfRendition(key)?.version ?? 0) < record.version) outdated.push(key);
  }
  for (const key of outdated) await objects.delete(key);
}
