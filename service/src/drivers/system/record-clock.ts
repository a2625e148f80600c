import type { Clock } from '../../ports/clock.ts';

/** How fast time goes on record while the machine's clock is behind: what is to happen happens, and that catches up. */
const PACE_AHEAD = 0.5;

/**
 * The machine's clock, which may be set back, as a clock of record, which may not: then time goes on at half its pace
 * until the machine has caught up. It never stands still: URLs would not end, and what waits for its time would not
 * be done, until then.
 * @param notBefore the latest time on record, in milliseconds since 1970.
 * @param elapsed milliseconds by a clock that nobody sets.
 */
export function createRecordClock(
  notBefore: number,
  systemNow: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): Clock {
  let latest = notBefore;
  let asked = elapsed();
  return {
    now() {
      const passed = elapsed() - asked;
      asked += passed;
      latest = Math.max(latest + passed * PACE_AHEAD, systemNow());
      return Math.floor(latest);
    },
    machine: () => systemNow(),
  };
}
