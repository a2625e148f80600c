import type { DatabaseSync } from 'node:sqlite';
import { type Delivery, deliveryKeptUntil } from '../../../domain/webhook-delivery.ts';
import { Statements } from './statements.ts';

/** A change of webhooks or their deliveries as plain data. */
export type WebhookCommand =
  /** The list that had this revision becomes another. Answers how many there were: one or none. */
  | { readonly kind: 'webhook-list'; readonly revision: number; readonly content: string }
  /** Answers how many were added: none where there is such a one. */
  | { readonly kind: 'webhook-delivery-add'; readonly delivery: Delivery }
  /** Answers how many were as expected: one or none. */
  | { readonly kind: 'webhook-delivery-change'; readonly previous: Delivery; readonly next: Delivery }
  /** Removes up to `limit` of those that are kept until before a time. Answers how many. */
  | { readonly kind: 'webhook-delivery-expire'; readonly before: number; readonly limit: number };

export function isWebhookCommand(command: { readonly kind: string }): command is WebhookCommand {
  return command.kind.startsWith('webhook-');
}

/** Applies changes of webhooks within a transaction that somebody else opens and commits. */
export class WebhookWriter {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  apply(command: WebhookCommand): number {
    switch (command.kind) {
      case 'webhook-list':
        return this.#run(
          'UPDATE webhooks SET revision = revision + 1, content = ? WHERE revision = ?',
          command.content,
          command.revision,
        );
      case 'webhook-delivery-add':
        return this.#add(command.delivery);
      case 'webhook-delivery-change':
        return this.#change(command.previous, command.next);
      case 'webhook-delivery-expire':
        return this.#run(
          `DELETE FROM webhook_deliveries WHERE (webhook_id, delivery_id) IN
            (SELECT webhook_id, delivery_id FROM webhook_deliveries WHERE kept_until < ? LIMIT ?)`,
          command.before,
          command.limit,
        );
    }
  }

  #add(delivery: Delivery): number {
    const { webhook_id, delivery_id } = delivery;
    return this.#run(
      `INSERT INTO webhook_deliveries (webhook_id, delivery_id, state, tries, due_at, kept_until, content)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (webhook_id, delivery_id) DO NOTHING`,
      webhook_id,
      delivery_id,
      ...valuesOf(delivery),
    );
  }

  #change(previous: Delivery, next: Delivery): number {
    const { webhook_id, delivery_id, state, tries } = previous;
    return this.#run(
      `UPDATE webhook_deliveries SET state = ?, tries = ?, due_at = ?, kept_until = ?, content = ?
       WHERE webhook_id = ? AND delivery_id = ? AND state = ? AND tries = ? AND due_at IS ?`,
      ...valuesOf(next),
      webhook_id,
      delivery_id,
      state,
      tries,
      dueAt(previous),
    );
  }

  #run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#statements.get(sql).run(...values).changes);
  }
}

const dueAt = ({ next_try_at }: Delivery) => (next_try_at === null ? null : Date.parse(next_try_at));

/** From `state` on, in the order of the columns. */
function valuesOf(delivery: Delivery): (string | number | null)[] {
  const { state, tries } = delivery;
  return [state, tries, dueAt(delivery), deliveryKeptUntil(delivery), JSON.stringify(delivery)];
}
