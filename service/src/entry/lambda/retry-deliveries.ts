import { openAwsWebhooks } from '../../compose/aws-webhooks.ts';
import { composeLambdaDeps } from '../../compose/lambda.ts';
import { bringDeliveriesForward } from '../../operations/background/bring-deliveries-forward.ts';
import { retryDeliveries } from '../../operations/background/retry-deliveries.ts';

const deps = composeLambdaDeps({ openWebhooks: openAwsWebhooks });

/** The clock's own event says nothing that is needed. A failure is seen in the alarms, and the next time tries anew. */
export async function handler(): Promise<{ settled: number }> {
  const settled = await retryDeliveries(deps);
  // After those that are due, which must not wait for it, nor for what may keep it from being done.
  await bringDeliveriesForward(deps);
  return { settled };
}
