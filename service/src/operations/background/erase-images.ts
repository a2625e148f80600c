import { ANONYMOUS, type Caller, callerOf } from '../../domain/caller.ts';
import { isDomainError } from '../../domain/errors.ts';
import type { EraseImages } from '../../domain/job.ts';
import type { ListFilter } from '../../domain/listing.ts';
import { type DeleteDeps, deleteImage } from '../delete-image.ts';

/** So many images are removed by one job, which then queues the next: none takes longer than a function may. */
const BATCH = 200;

/**
 * In the order in which an image goes from one to the next (undefined: it is ready), so that none that moves on
 * meanwhile is missed.
 */
const SECTIONS: readonly ListFilter['status'][] = ['pending', 'scanning', undefined, 'rejected', 'deleted'];

/** Removes a user's images that were uploaded before a time, as many as one job does, and leaves the rest to another. */
export async function eraseImages(
  deps: DeleteDeps,
  { user_id, before, asked_by }: EraseImages,
): Promise<void> {
  const caller = asked_by ? callerOf(asked_by) : ANONYMOUS;
  let left = BATCH;
  for (const status of SECTIONS) {
    const filter: ListFilter = {
      user_id,
      tags: [],
      uploaded: { before },
      order: 'oldest',
      ...(status === undefined ? {} : { status }),
    };
    const { items, next } = await deps.index.list(filter, left, null);
    for (const { image_id } of items) await erase(deps, caller, image_id);
    left -= items.length;
    if (next !== null || left === 0) {
      await deps.jobs.enqueue({ kind: 'erase-images', user_id, before, ...(asked_by ? { asked_by } : {}) });
      return;
    }
  }
}

async function erase(deps: DeleteDeps, caller: Caller, image_id: string): Promise<void> {
  try {
    await deleteImage(deps, caller, { image_id, permanent: true, if_match: undefined }, 'erase-user');
  } catch (error) {
    if (!isDomainError(error, 'not_found')) throw error;
  }
}
