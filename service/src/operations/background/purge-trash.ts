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

/** Times later than `after`, where there is one, and before `before`. */
interface Span {
  readonly before: number;
  readonly after?: number;
}

/**
 * Removes for good what has lain in the trash for as long as it may, by the clock of record and by another: whichever is
 * right, nothing goes early. What was moved there by a clock that was ahead, the other would never find old enough: of
 * that, the clock of record alone decides.
 * @param surely the time that it is at least, in milliseconds since 1970.
 * @returns how many images those were.
 */
export async function purgeTrash(deps: PurgeDeps, surely?: number): Promise<number> {
  const now = deps.clock.now();
  const sure = Math.min(surely ?? deps.clock.machine?.() ?? now, now);
  const days = deps.trashDays * DAY_MS;
  const purged = await purgeWithin(deps, { before: sure - days });
  // An image that was moved there a little before the clock was set back belongs to those above.
  const ahead = { after: sure + days, before: now - days };
  return ahead.after < ahead.before ? purged + (await purgeWithin(deps, ahead)) : purged;
}

async function purgeWithin(deps: PurgeDeps, { before, after }: Span): Promise<number> {
  let purged = 0;
  for (;;) {
    const due = await deps.index.due('purge', before, BATCH, after);
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
