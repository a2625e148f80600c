import { DomainError } from '../../domain/errors.ts';
import type { FinishUpload } from '../../domain/job.ts';
import { ownDoing } from '../steps/audit.ts';
import { type FinishDeps, finishUpload } from '../steps/finish-upload.ts';

/**
 * Bytes have arrived. Completes their upload, for a caller who never comes back to say so; bytes that
 * belong to no upload, or to one that has ended, are removed.
 */
export async function finishArrivedUpload(
  deps: FinishDeps,
  { image_id, upload_key }: FinishUpload,
): Promise<void> {
  const image = await deps.index.get(image_id);
  if (image?.status !== 'pending') return deps.uploads.discard(upload_key);
  try {
    await finishUpload(deps, image, ownDoing('finish-upload'));
  } catch (error) {
    // A refusal is its end: nothing of it is left. Parts that are missing may come yet.
    if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
    deps.log.info({ image_id, code: error.code }, 'an upload that has arrived cannot be completed');
  }
}
