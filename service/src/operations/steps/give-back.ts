import type { ImageRecord } from '../../domain/image.ts';
import type { Deps } from '../deps.ts';

/**
 * Gives back the room of a record that has just been removed. Of all that remove it at once, one succeeds:
 * that one calls this. The image is gone whatever becomes of it, so that a failure is only logged.
 */
export async function giveBackRoom(
  { quotas, log }: Pick<Deps, 'quotas' | 'log'>,
  { image_id, user_id, size_bytes }: ImageRecord,
): Promise<void> {
  await quotas.giveBack(user_id, { images: 1, bytes: size_bytes }).catch((cause: unknown) => {
    log.error(
      { err: cause, image_id },
      'the quota of a removed image could not be given back; doctor mends it',
    );
  });
}
