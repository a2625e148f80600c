import type { Deps } from '../deps.ts';
import { abandonUpload } from '../steps/abandon-upload.ts';
import { ownDoing } from '../steps/audit.ts';

/** How many uploads are looked at before the next are asked for. */
const BATCH = 100;

/** What was signed to the end may still be on its way: it is given so long to arrive. */
const GRACE_MS = 60_000;

/**
 * Ends the uploads whose time has come: record, bytes, parts and room. What arrives later still is removed
 * when it has arrived (finish-upload).
 * @returns how many have ended.
 */
export async function expireUploads(
  deps: Pick<Deps, 'index' | 'uploads' | 'objects' | 'quotas' | 'clock' | 'log'>,
): Promise<number> {
  const before = deps.clock.now() - GRACE_MS;
  let ended = 0;
  for (;;) {
    const due = await deps.index.due('expire-upload', before, BATCH);
    let moved = 0;
    for (const image of due) {
      // Completed since it was listed.
      if (!image.upload) continue;
      if (await abandonUpload(deps, image, ownDoing('expire-uploads'))) moved++;
    }
    ended += moved;
    // Those that were completed meanwhile are no longer due; if nothing moved, looking again would not help.
    if (due.length < BATCH || moved === 0) return ended;
  }
}
