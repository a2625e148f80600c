import type { ImageRecord } from '../../domain/image.ts';
import { imageIdOfKey, imageIdOfRendition, type ObjectKey } from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';

/** An object that may be given to whoever has a valid URL of it. */
export interface ServableObject {
  /** The SHA-256 in hex that it has to have, as its image's record says; undefined where none does. */
  readonly checksum_sha256: string | undefined;
}

/**
 * Whether an object may be served: its image must be there, and ready. A URL that was signed before its image
 * was deleted or rejected is worth nothing from then on.
 */
export async function servableObject(
  { index }: Pick<Deps, 'index'>,
  key: ObjectKey,
): Promise<ServableObject | undefined> {
  const rendition = imageIdOfRendition(key);
  const image_id = rendition?.image_id ?? imageIdOfKey(key);
  const image = image_id === undefined ? undefined : await index.get(image_id);
  if (image?.status !== 'ready' || image.deleted_at !== null) return undefined;
  if (rendition) return rendition.version === image.version ? { checksum_sha256: undefined } : undefined;
  return ofVersion(image, key);
}

function ofVersion(image: ImageRecord, key: ObjectKey): ServableObject | undefined {
  const version =
    image.object_key === key ? image : image.former_versions.find((each) => each.object_key === key);
  return version?.status === 'ready' ? { checksum_sha256: version.checksum_sha256 ?? undefined } : undefined;
}
