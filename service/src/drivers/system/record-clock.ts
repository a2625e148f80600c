import type { Clock } from '../../ports/clock.ts';

/**
 * The machine's clock, which may be set back, as a clock of record, which may not: then time stands
 * still until the machine has caught up.
 * @param notBefore the latest time on record, in milliseconds since 1970.
 */
export function createRecordClock(notBefore: number, systemNow: () => number = Date.now): Clock {
  let latest = notBefore;
  return {
    now() {
      latest = Math.max(latest, systemNow());
      return latest;
    },
  };
}
