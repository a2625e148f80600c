import { imageIdOfKey, type ObjectKey } from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';

/** The SHA-256 in hex that an object has to have, as its image's record says; undefined where none does. */
export async function expectedChecksum(
  { index }: Pick<Deps, 'index'>,
  key: ObjectKey,
): Promise<string | undefined> {
  const image_id = imageIdOfKey(key);
  const image = image_id === undefined ? undefined : await index.get(image_id);
  return image?.object_key === key ? (image.checksum_sha256 ?? undefined) : undefined;
}
