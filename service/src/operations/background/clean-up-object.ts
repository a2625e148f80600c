import { isDomainError } from '../../domain/errors.ts';
import type { CleanUpObject } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';

/**
 * Settles what a failure has left between an image's bytes and its record: bytes without a record go, and
 * so does a record without bytes. Where there are both, the write that seemed to fail had succeeded.
 */
export async function cleanUpObject(
  { index, objects }: Pick<Deps, 'index' | 'objects'>,
  { image_id, object_key }: CleanUpObject,
): Promise<void> {
  const record = await index.get(image_id);
  if (!record) return objects.delete(object_key);
  if (record.object_key !== object_key) return;
  const object = await objects.open(object_key);
  if (object) return object.close();
  try {
    await index.remove(record);
  } catch (error) {
    if (!isDomainError(error, 'not_found')) throw error;
  }
}
