import { objectKeysOf } from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import {
  imageObjectKey,
  type ObjectKey,
  renditionsPrefix,
  versionRenditionsPrefix,
} from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';

/**
 * Removes what is not to be seen any more. Of an image that is gone that is everything; of one that has other
 * bytes by now, the renditions of the versions before, and those of the named objects that nothing refers to.
 */
export async function withdrawImage(
  { index, objects }: Pick<Deps, 'index' | 'objects'>,
  { image_id, user_id, object_keys }: WithdrawImage,
): Promise<void> {
  const record = await index.get(image_id);
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
  const current = versionRenditionsPrefix(user_id, image_id, record.version);
  const outdated: ObjectKey[] = [];
  for await (const { key } of objects.list(renditions)) {
    if (!key.startsWith(current)) outdated.push(key);
  }
  for (const key of outdated) await objects.delete(key);
}
