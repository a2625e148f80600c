import type { Delivery, Webhook } from '../../domain/webhook-delivery.ts';
import type { WebhookDeliveries, WebhookRegistry } from '../../ports/webhooks.ts';

/** Webhooks in memory, for tests: the ports' promises in their plainest form. */
export function createMemoryWebhookRegistry(): WebhookRegistry {
  let kept: { revision: number; webhooks: readonly Webhook[] } = { revision: 0, webhooks: [] };
  return {
    read: async () => kept,
    async write(revision, webhooks) {
      if (revision !== kept.revision) return false;
      kept = { revision: revision + 1, webhooks };
      return true;
    },
  };
}

export function createMemoryWebhookDeliveries(): WebhookDeliveries {
  const kept = new Map<string, Delivery>();
  const keyOf = ({ webhook_id, delivery_id }: Pick<Delivery, 'webhook_id' | 'delivery_id'>) =>
    `${webhook_id} ${delivery_id}`;
  return {
    async insert(delivery) {
      if (kept.has(keyOf(delivery))) return false;
      kept.set(keyOf(delivery), delivery);
      return true;
    },
    get: async (webhook_id, delivery_id) => kept.get(keyOf({ webhook_id, delivery_id })),
    async replace(previous, next) {
      const stored = kept.get(keyOf(previous));
      if (!stored || COMPARED.some((name) => stored[name] !== previous[name])) return false;
      kept.set(keyOf(previous), next);
      return true;
    },
    async list({ webhook_id, state }, limit, after) {
      const matching = [...kept.values()]
        .filter((each) => each.webhook_id === webhook_id && (state === undefined || each.state === state))
        .filter(({ delivery_id }) => after === null || delivery_id < after)
        .sort((a, b) => (a.delivery_id < b.delivery_id ? 1 : -1));
      const items = matching.slice(0, limit);
      return { items, next: matching.length > limit ? (items.at(-1)?.delivery_id ?? null) : null };
    },
    async due(before, limit) {
      const dueAt = ({ next_try_at }: Delivery) => (next_try_at === null ? before : Date.parse(next_try_at));
      return [...kept.values()]
        .filter((each) => dueAt(each) < before)
        .sort((a, b) => dueAt(a) - dueAt(b))
        .slice(0, limit);
    },
    async dueAfter(after, limit) {
      const dueAt = ({ next_try_at }: Delivery) => (next_try_at === null ? after : Date.parse(next_try_at));
      return [...kept.values()]
        .filter((each) => dueAt(each) > after)
        .sort((a, b) => dueAt(b) - dueAt(a))
        .slice(0, limit);
    },
  };
}

const COMPARED = ['state', 'tries', 'next_try_at'] as const;
