import { type Periodic, periodically } from '../drivers/system/periodically.ts';
import { purgeTrash } from '../operations/background/purge-trash.ts';
import { sweepUploads } from '../operations/background/sweep-uploads.ts';
import type { Deps } from '../operations/deps.ts';
import type { Log } from '../ports/log.ts';

/** How often a server looks for uploads that have ended. */
const UPLOADS_MS = 60_000;

/** How often it looks for what has lain in the trash for long enough: of days, this is little. */
const TRASH_MS = 15 * 60_000;

/** What a server does again and again. */
export function startSweeps(deps: Deps, log: Log): Periodic[] {
  return [
    periodically(UPLOADS_MS, () => sweepUploads(deps), log, 'the sweep of uploads'),
    periodically(TRASH_MS, () => purgeTrash(deps), log, 'the purge of the trash'),
  ];
}
