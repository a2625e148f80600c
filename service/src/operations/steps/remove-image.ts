import type { AuditEvent } from '../../domain/audit-event.ts';
import { isDomainError } from '../../domain/errors.ts';
import { type ImageRecord, objectKeysOf } from '../../domain/image.ts';
import type { CleanUpObject, WithdrawImage } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { type Doing, eventOf } from './audit.ts';
import { giveBackRoom } from './give-back.ts';

export type RemoveDeps = Pick<Deps, 'index' | 'objects' | 'jobs' | 'quotas' | 'clock' | 'log'>;

/**
 * Removes an image for good. Its bytes first, of all versions: if that fails the record stays and the caller
 * can try again; once they are gone the record follows, whoever has changed it meanwhile, in the end by a job that does not wait.
 * So it does if they have gone although the removal seemed to fail (`unavailable`). What was made of the
 * image goes by a job that is queued with the removal; nobody is served it any more.
 */
export async function removeImage(deps: RemoveDeps, image: ImageRecord, doing?: Doing): Promise<void> {
  const audit = doing && eventOf(deps, doing, image);
  try {
    // The current one last: while it is there, the image is.
    for (const key of [...objectKeysOf(image)].reverse()) await deps.objects.delete(key);
  } catch (error) {
    if (isDomainError(error, 'unavailable')) await finishLater(deps, image, audit);
    throw error;
  }
  try {
    await removeRecord(deps, image, audit);
  } catch (error) {
    await finishLater(deps, image, audit, { bytes_are_gone: true });
    throw error;
  }
}

/** What follows when an image is not to be seen any more. */
export function withdrawalOf({ image_id, user_id }: ImageRecord): WithdrawImage {
  return { kind: 'withdraw-image', image_id, user_id, object_keys: [] };
}

async function removeRecord(
  deps: Pick<Deps, 'index' | 'quotas' | 'log'>,
  image: ImageRecord,
  audit: AuditEvent | undefined,
): Promise<void> {
  const { index } = deps;
  const { image_id } = image;
  for (let current: ImageRecord | undefined = image; current; current = await index.get(image_id)) {
    try {
      // The bytes that went are those of the record that was read; of another one by now there may be more.
      const withdrawal = withdrawalOf(image);
      const known = current === image ? { last_version: image.version } : {};
      await index.remove(current, [{ ...withdrawal, ...known }], audit);
      return await giveBackRoom(deps, current);
    } catch (error) {
      // Gone: somebody else has deleted it too. Changed: look again, and remove what is there now.
      if (isDomainError(error, 'not_found')) return;
      if (!isDomainError(error, 'conflict')) throw error;
    }
  }
}

async function finishLater(
  { jobs, log }: Pick<Deps, 'jobs' | 'log'>,
  { image_id, object_key }: ImageRecord,
  audit: AuditEvent | undefined,
  known: Pick<CleanUpObject, 'bytes_are_gone'> = {},
): Promise<void> {
  const about = audit ? { ...known, audit } : known;
  const job: CleanUpObject = { kind: 'clean-up-object', image_id, object_key, ...about };
  await jobs.enqueue(job).catch((cause: unknown) => {
    log.error({ err: cause, image_id, object_key }, 'could not queue the rest of a deletion');
  });
}
