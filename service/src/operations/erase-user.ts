import { mustActFor } from '../domain/access.ts';
import { type Caller, originOf } from '../domain/caller.ts';
import type { Deps } from './deps.ts';
import { eventOf } from './steps/audit.ts';

/**
 * Begins to remove all that a user has by now, the trash and uploads under way included: a job does it, and
 * goes on where it stopped. What is uploaded after this stays.
 */
export async function eraseUser(
  { jobs, clock, audit }: Pick<Deps, 'jobs' | 'clock' | 'audit'>,
  caller: Caller,
  user_id: string,
): Promise<void> {
  mustActFor(caller, user_id);
  await audit.record(eventOf({ clock }, { caller, action: 'erase-user' }, { image_id: null, user_id }));
  // What was uploaded in this very millisecond is there by now.
  await jobs.enqueue({ kind: 'erase-images', user_id, before: clock.now() + 1, asked_by: originOf(caller) });
}
