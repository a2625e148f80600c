import type { Delivery } from '../../domain/webhook-delivery.ts';
import type { Deps } from '../deps.ts';
import { type SendDeps, tryDelivery } from '../steps/send-delivery.ts';

/** How many are looked up at once. */
const BATCH = 40;

/** How many are sent at the same time: a receiver that does not answer holds up one of them. */
const AT_ONCE = 20;

/** No more are begun after this: whoever comes next goes on. */
const LONGEST_MS = 40_000;

/**
 * Sends what is to be tried again, or was never tried because whoever was to do it has ended.
 * @returns how many deliveries that were.
 */
export async function retryDeliveries({
  webhooks,
  ...deps
}: Pick<Deps, 'webhooks' | 'clock' | 'log'>): Promise<number> {
  if (!webhooks) return 0;
  const ends = deps.clock.now() + LONGEST_MS;
  let settled = 0;
  for (;;) {
    const due = await webhooks.deliveries.due(deps.clock.now(), BATCH);
    const moved = due.length === 0 ? 0 : await tryAll({ ...deps, webhooks }, due);
    settled += moved;
    // If nothing moved others are at them, and looking again would not help.
    if (due.length < BATCH || moved === 0 || deps.clock.now() > ends) return settled;
  }
}

async function tryAll(deps: SendDeps, due: readonly Delivery[]): Promise<number> {
  const { webhooks } = await deps.webhooks.registry.read();
  const left = [...due];
  let moved = 0;
  const workOff = async () => {
    for (let delivery = left.shift(); delivery; delivery = left.shift()) {
      const { webhook_id } = delivery;
      const webhook = webhooks.find((each) => each.webhook_id === webhook_id);
      if (await tryDelivery(deps, webhook, delivery)) moved++;
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, workOff));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  return moved;
}
