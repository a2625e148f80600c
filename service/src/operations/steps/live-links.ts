import type { ShareLink } from '../../domain/share-link.ts';
import type { Clock } from '../../ports/clock.ts';

/** Clocks that are right, of several processes, are no further from one another. */
const CLOCK_MARGIN_MS = 10 * 60_000;

/** The two clocks by which a link may be live: where one was set wrong, the other still knows how long it has to go. */
const timesOf = (clock: Clock) => [clock.now(), clock.machine?.() ?? clock.now()];

/** No link that expired before this is live, by any clock. */
export function earliestNow(clock: Clock): number {
  return Math.min(...timesOf(clock));
}

/**
 * How long a link has to live, in milliseconds; undefined where it has expired. A clock by which it is not made yet is
 * behind the one that it was made by, and would have it live on for as long.
 */
export function lifeLeft(
  { created_at, expires_at }: Pick<ShareLink, 'created_at' | 'expires_at'>,
  clock: Clock,
): number | undefined {
  const [begins, ends] = [Date.parse(created_at) - CLOCK_MARGIN_MS, Date.parse(expires_at)];
  const now = timesOf(clock).find((time) => time >= begins && time < ends);
  return now === undefined ? undefined : ends - now;
}
