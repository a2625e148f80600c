import { FAR_OFF_MS } from '../../domain/webhook-delivery.ts';
import type { Deps } from '../deps.ts';

/** How many are looked up at once. */
const BATCH = 40;

/** No more are begun after this: whoever comes next goes on. */
const LONGEST_MS = 20_000;

/**
 * Has deliveries due now whose next try is later than any pause can be: a clock that was ahead has said when, and they
 * would wait until it is there again.
 * @returns how many deliveries those were.
 */
export async function bringDeliveriesForward({
  webhooks,
  clock,
}: Pick<Deps, 'webhooks' | 'clock'>): Promise<number> {
  if (!webhooks) return 0;
  const { deliveries } = webhooks;
  const ends = clock.now() + LONGEST_MS;
  let brought = 0;
  for (;;) {
    const now = clock.now();
    const farOff = await deliveries.dueAfter(now + FAR_OFF_MS, BATCH);
    const next_try_at = new Date(now).toISOString();
    const moved = await Promise.all(farOff.map((each) => deliveries.replace(each, { ...each, next_try_at })));
    brought += moved.filter(Boolean).length;
    // If nothing moved, looking again would not help.
    if (farOff.length < BATCH || !moved.includes(true) || clock.now() > ends) return brought;
  }
}
