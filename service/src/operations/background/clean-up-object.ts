import type { AuditEvent } from '../../domain/audit-event.ts';
import { isDomainError } from '../../domain/errors.ts';
import { type ImageRecord, objectKeysOf } from '../../domain/image.ts';
import type { CleanUpObject, WithdrawImage } from '../../domain/job.ts';
import { unstrippedKey, versionOfKey } from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';
import { giveBackRoom } from '../steps/give-back.ts';

type CleanUpDeps = Pick<Deps, 'index' | 'objects' | 'quotas' | 'log'>;

/**
 * Settles what a failure has left between an image's bytes and its record: bytes without a record go, and
 * so does a record without bytes. Where there are both, the write that seemed to fail had succeeded. What the
 * record refers to, as its current bytes or those of a former version, stays.
 *
 * Quotas: who removes a record gives back its room, here as in delete-image. An upload that does not know
 * whether its record will come leaves its reservation to this job, which gives it back where there is no
 * record, or one that another attempt has made. A removal that got no answer and was made all the same is given
 * back by nobody: doctor mends it.
 */
export async function cleanUpObject(deps: CleanUpDeps, job: CleanUpObject): Promise<void> {
  const { index, objects } = deps;
  const { image_id, object_key } = job;
  const record = await index.get(image_id);
  if (!record) {
    await objects.delete(object_key);
    await giveBackReserved(deps, job);
  } else if (record.object_key === object_key) {
    await removeWithoutBytes(deps, record, job.audit);
  } else if (!objectKeysOf(record).has(object_key)) {
    // They were rewritten under another key: what was reserved for them is what that takes.
    const wasRewritten = [...objectKeysOf(record)].some((own) => unstrippedKey(own) === object_key);
    if (wasRewritten) await objects.delete(object_key);
    else await dropAttempt(deps, record, job);
  }
}

/**
 * Bytes of which the record says nothing, and no record can come to refer to them any more: another attempt's at
 * the first version under the same idempotency key, or those of a replacement that came to nothing.
 */
async function dropAttempt(deps: CleanUpDeps, record: ImageRecord, job: CleanUpObject): Promise<void> {
  await deps.objects.delete(job.object_key);
  // Without its version nobody can tell whose attempt has made that, and so whose room the image has.
  const version = versionOfKey(job.object_key);
  const { former_versions } = record;
  const isKnown = version >= record.version || former_versions.some((former) => former.version === version);
  if (isKnown) await giveBackReserved(deps, job);
}

/** A record none of whose bytes are left goes: a deletion has not come to its end. */
async function removeWithoutBytes(
  deps: CleanUpDeps,
  record: ImageRecord,
  audit: AuditEvent | undefined,
): Promise<void> {
  const { index } = deps;
  for (const key of objectKeysOf(record)) if (await exists(deps, key)) return;
  const { image_id, user_id } = record;
  // What was made of the image is left, and nobody else knows of it.
  const withdrawal: WithdrawImage = { kind: 'withdraw-image', image_id, user_id, object_keys: [] };
  try {
    await index.remove(record, [withdrawal], audit);
  } catch (error) {
    if (!isDomainError(error, 'not_found')) throw error;
    return;
  }
  await giveBackRoom(deps, record);
}

async function exists({ objects }: CleanUpDeps, key: string): Promise<boolean> {
  const object = await objects.open(key);
  await object?.close();
  return object !== undefined;
}

async function giveBackReserved({ quotas }: CleanUpDeps, { reserved }: CleanUpObject): Promise<void> {
  if (reserved) await quotas.giveBack(reserved.user_id, reserved);
}
