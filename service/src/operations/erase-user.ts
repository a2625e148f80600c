import type { Caller } from '../domain/caller.ts';
import type { Deps } from './deps.ts';

/**
 * Begins to remove all that a user has by now, the trash and uploads under way included: a job does it, and
 * goes on where it stopped. What is uploaded after this stays.
 */
export async function eraseUser(
  { jobs, clock }: Pick<Deps, 'jobs' | 'clock'>,
  _caller: Caller,
  user_id: string,
): Promise<void> {
  // What was uploaded in this very millisecond is there by now.
  await jobs.enqueue({ kind: 'erase-images', user_id, before: clock.now() + 1 });
}
