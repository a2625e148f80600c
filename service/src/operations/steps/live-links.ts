import type { ShareLink } from '../../domain/share-link.ts';
import type { Clock } from '../../ports/clock.ts';

/** No link is made to live longer: one that is to was made by a clock that was ahead of this one. */
const LONGEST_MS = 366 * 86_400_000;

/** The two clocks by which a link may be live: where one was set wrong, the other still knows how long it has to go. */
const timesOf = (clock: Clock) => [clock.now(), clock.machine?.() ?? clock.now()];

/** No link that expired before this is live, by any clock. */
export function earliestNow(clock: Clock): number {
  return Math.min(...timesOf(clock));
}

/** How long a link has to live, in milliseconds; undefined where it has expired. */
export function lifeLeft({ expires_at }: Pick<ShareLink, 'expires_at'>, clock: Clock): number | undefined {
  const ends = Date.parse(expires_at);
  return timesOf(clock)
    .map((now) => ends - now)
    .find((left) => left > 0 && left <= LONGEST_MS);
}
