import { isDomainError } from '../../domain/errors.ts';
import type { CleanUpObject } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { giveBackRoom } from '../steps/give-back.ts';

/**
 * Settles what a failure has left between an image's bytes and its record: bytes without a record go, and
 * so does a record without bytes. Where there are both, the write that seemed to fail had succeeded.
 *
 * Quotas: who removes a record gives back its room, here as in delete-image. An upload that does not know
 * whether its record will come leaves its reservation to this job, which gives it back where there is no
 * record. A removal that got no answer and was made all the same is given back by nobody: doctor mends it.
 */
export async function cleanUpObject(
  deps: Pick<Deps, 'index' | 'objects' | 'quotas' | 'log'>,
  { image_id, object_key, reserved }: CleanUpObject,
): Promise<void> {
  const { index, objects, quotas } = deps;
  const record = await index.get(image_id);
  if (!record) {
    await objects.delete(object_key);
    if (reserved) await quotas.giveBack(reserved.user_id, reserved);
    return;
  }
  if (record.object_key !== object_key) {
    // Another attempt under the same idempotency key has made the image; until it is replaced, of other bytes.
    if (record.version > 1) return;
    await objects.delete(object_key);
    if (reserved) await quotas.giveBack(reserved.user_id, reserved);
    return;
  }
  const object = await objects.open(object_key);
  if (object) return object.close();
  try {
    await index.remove(record);
  } catch (error) {
    if (!isDomainError(error, 'not_found')) throw error;
    return;
  }
  await giveBackRoom(deps, record);
}
