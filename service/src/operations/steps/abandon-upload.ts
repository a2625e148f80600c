import { isDomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { uploadObjectKey } from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';
import { type Doing, eventOf } from './audit.ts';
import { giveBackRoom } from './give-back.ts';

type AbandonDeps = Pick<Deps, 'index' | 'uploads' | 'objects' | 'quotas' | 'clock' | 'log'>;

/**
 * Ends an upload that comes to nothing: the record first, on condition that it still is the one that was
 * read, then bytes and parts. A completion at the same time either wins, and nothing happens here, or finds
 * the record gone and removes what it has made. Bytes that cannot be removed now wait for the sweep at the
 * next start, or for the bucket's own rules.
 * @param doing undefined for repairs, which nobody has asked for by a request: they are in their own report.
 * @returns false when the image is another by now.
 */
export async function abandonUpload(
  { index, uploads, objects, quotas, clock, log }: AbandonDeps,
  image: ImageRecord,
  doing: Doing | undefined,
): Promise<boolean> {
  const { image_id, user_id, object_key, upload } = image;
  try {
    await index.remove(image, [], doing && eventOf({ clock }, doing, image));
  } catch (error) {
    if (isDomainError(error, 'conflict') || isDomainError(error, 'not_found')) return false;
    throw error;
  }
  await giveBackRoom({ quotas, log }, image);
  const upload_key = uploadObjectKey(user_id, image_id);
  try {
    if (upload?.parts_id !== undefined) await uploads.discardParts(upload_key, upload.parts_id);
    await uploads.discard(upload_key);
    await objects.delete(object_key);
  } catch (cause) {
    log.error({ err: cause, image_id }, 'could not remove the bytes of an abandoned upload now');
  }
  return true;
}
