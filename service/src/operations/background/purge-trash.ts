import type { Deps } from '../deps.ts';
import { type RemoveDeps, removeImage } from '../steps/remove-image.ts';

/** How many images are looked at before the next are asked for. */
const BATCH = 100;

const DAY_MS = 86_400_000;

/**
 * Removes for good what has lain in the trash for as long as it may.
 * @returns how many images those were.
 */
export async function purgeTrash(deps: RemoveDeps & Pick<Deps, 'clock' | 'trashDays'>): Promise<number> {
  const before = deps.clock.now() - deps.trashDays * DAY_MS;
  let purged = 0;
  for (;;) {
    const due = await deps.index.due('purge', before, BATCH);
    for (const image of due) {
      // Restored since it was listed: the removal is of what was seen, and must be of nothing else.
      const current = await deps.index.get(image.image_id);
      if (current?.deleted_at !== image.deleted_at) continue;
      await removeImage(deps, current);
      purged++;
    }
    if (due.length < BATCH || purged === 0) return purged;
  }
}
