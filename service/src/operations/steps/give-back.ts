import { type ImageRecord, storedBytes } from '../../domain/image.ts';
import type { Deps } from '../deps.ts';

/**
 * Gives back the room of a record that has just been removed. Of all that remove it at once, one succeeds:
 * that one calls this. The image is gone whatever becomes of it, so that a failure is only logged.
 */
export async function giveBackRoom(
  { quotas, log }: Pick<Deps, 'quotas' | 'log'>,
  image: ImageRecord,
): Promise<void> {
  const { image_id, user_id } = image;
  await quotas.giveBack(user_id, { images: 1, bytes: storedBytes(image) }).catch((cause: unknown) => {
    log.error(
      { err: cause, image_id },
      'the quota of a removed image could not be given back; doctor mends it',
    );
  });
}
