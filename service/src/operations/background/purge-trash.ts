import { isDomainError } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import type { Deps } from '../deps.ts';
import { eventOf, ownDoing } from '../steps/audit.ts';
import { giveBackRoom } from '../steps/give-back.ts';

/** How many images are looked at before the next are asked for. */
const BATCH = 100;

const DAY_MS = 86_400_000;

type PurgeDeps = Pick<Deps, 'index' | 'quotas' | 'log' | 'clock' | 'trashDays'>;

/**
 * Removes for good what has lain in the trash for as long as it may.
 * @returns how many images those were.
 */
export async function purgeTrash(deps: PurgeDeps): Promise<number> {
  const before = deps.clock.now() - deps.trashDays * DAY_MS;
  let purged = 0;
  for (;;) {
    const due = await deps.index.due('purge', before, BATCH);
    let moved = 0;
    for (const image of due) {
      // Restored since it was listed; perhaps deleted anew.
      if (image.deleted_at === null || Date.parse(image.deleted_at) >= before) continue;
      if (await purge(deps, image)) moved++;
    }
    purged += moved;
    // If nothing moved, looking again would not help.
    if (due.length < BATCH || moved === 0) return purged;
  }
}

/**
 * Nobody waits for this one's bytes to be gone, and it may be restored at this moment: so the record goes first,
 * on condition that it still is what was seen, and a job that is queued with that takes the bytes away.
 * @returns false where it is another by now.
 */
async function purge(deps: PurgeDeps, image: ImageRecord): Promise<boolean> {
  const { image_id, user_id } = image;
  const withdrawal: WithdrawImage = { kind: 'withdraw-image', image_id, user_id, object_keys: [] };
  try {
    await deps.index.remove(image, [withdrawal], eventOf(deps, ownDoing('purge-trash'), image));
  } catch (error) {
    if (isDomainError(error, 'conflict') || isDomainError(error, 'not_found')) return false;
    throw error;
  }
  await giveBackRoom(deps, image);
  return true;
}
