import * as z from 'zod';
import { type Caller, callerKey } from '../domain/caller.ts';
import { invalidField } from '../domain/errors.ts';
import { decodeDeliveryToken, encodeDeliveryToken } from '../domain/page-token.ts';
import { DELIVERY_STATES, type Delivery } from '../domain/webhook-delivery.ts';
import type { DeliveryFilter } from '../ports/webhooks.ts';
import type { Deps } from './deps.ts';
import { listImagesQuery } from './list-images.ts';
import { partsOfWebhooks, webhookNamed } from './steps/webhooks.ts';

const { limit, last_evaluated_key } = listImagesQuery.shape;

export const listDeliveriesQuery = z.strictObject({
  state: z.enum(DELIVERY_STATES).optional().meta({ description: 'Only those that are like this.' }),
  limit,
  last_evaluated_key,
});

export type ListDeliveriesInput = z.output<typeof listDeliveriesQuery> & { readonly webhook_id: string };

export interface ListDeliveriesOutput {
  readonly items: readonly Delivery[];
  /** Null on the last page; a page may be short or empty and not be the last. */
  readonly last_evaluated_key: string | null;
}

/** One page of what was sent to a webhook, or is to be, newest first. */
export async function listDeliveries(
  deps: Pick<Deps, 'webhooks' | 'pageTokens'>,
  caller: Caller,
  { webhook_id, state, limit, last_evaluated_key: token }: ListDeliveriesInput,
): Promise<ListDeliveriesOutput> {
  const { registry, deliveries } = partsOfWebhooks(deps);
  webhookNamed((await registry.read()).webhooks, webhook_id);
  const filter: DeliveryFilter = { webhook_id, ...(state === undefined ? {} : { state }) };
  const { pageTokens } = deps;
  const after =
    token === undefined ? null : decodeDeliveryToken(pageTokens, token, filter, callerKey(caller));
  if (after === undefined) {
    throw invalidField('last_evaluated_key', 'must be what the page before said, with the same filters');
  }
  const { items, next } = await deliveries.list(filter, limit, after);
  return {
    items,
    last_evaluated_key: next && encodeDeliveryToken(pageTokens, next, filter, callerKey(caller)),
  };
}
