import type { Clock } from '../../ports/clock.ts';

/** How many times as fast as time it follows a clock that has gone ahead: a day's wait in an hour, ten years in five months. */
const PACE_BEHIND = 24;

/**
 * What time it is at least, for those who remove for good what is old enough: where the machine's clock has jumped ahead,
 * there are hours to days in which to put it right before anything is lost. After a long stop it says what the machine
 * does a twenty-fourth of that time later.
 * @param notBefore the latest time on record, in milliseconds since 1970; 0 where there is none.
 * @param elapsed milliseconds by a clock that nobody sets.
 */
export function createCautiousClock(
  notBefore: number,
  systemNow: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): Clock {
  // Where that is later than the machine says, who knows which is right: the earlier one removes less.
  let latest = Math.min(notBefore || Number.POSITIVE_INFINITY, systemNow());
  /** That much it has become since in any case, however far the machine's is set back for a while. */
  let least = latest;
  let asked = elapsed();
  return {
    now() {
      const passed = elapsed() - asked;
      asked += passed;
      least += passed;
      const machine = systemNow();
      latest = Math.min(Math.max(latest + passed * PACE_BEHIND, least), machine);
      return Math.floor(latest);
    },
  };
}
