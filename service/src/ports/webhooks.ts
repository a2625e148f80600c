import type { Delivery, DeliveryState, Webhook } from '../domain/webhook-delivery.ts';

/** All webhooks as they were at one time. */
export interface WebhookList {
  /** Of the whole list; 0 before anything has been written. */
  readonly revision: number;
  /** Oldest first. */
  readonly webhooks: readonly Webhook[];
}

/**
 * The webhooks of an installation. They are few, and read and written as one, so that a bound on their number
 * holds whoever writes at the same time.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface WebhookRegistry {
  read(): Promise<WebhookList>;
  /**
   * Writes the list in place of the one that had this revision.
   * @returns false where the list has another revision by now: somebody else has written since, or this very write was
   *   made and its answer lost, so that it was sent again.
   */
  write(revision: number, webhooks: readonly Webhook[]): Promise<boolean>;
}

export interface DeliveryFilter {
  readonly webhook_id: string;
  readonly state?: DeliveryState;
}

export interface DeliveryPage {
  readonly items: readonly Delivery[];
  /** The id after which the next page begins; null on the last. A page may be short, or empty, and not be the last. */
  readonly next: string | null;
}

/**
 * What is to be sent, and has been. Deliveries go some days after the last try (`deliveryKeptUntil`), by
 * themselves or when they are told to; they may be read until they have gone.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface WebhookDeliveries {
  /** @returns false where there is one with its ids already, which stays as it is. */
  insert(delivery: Delivery): Promise<boolean>;
  get(webhook_id: string, delivery_id: string): Promise<Delivery | undefined>;
  /**
   * Writes `next` in place of `previous`, which must be what is stored: same state, tries and next try. Ids and
   * body do not change.
   * @returns false where it is another by now, or gone.
   */
  replace(previous: Delivery, next: Delivery): Promise<boolean>;
  /** Up to `limit` of a webhook's, the newest first, older than the one with the id `after`. */
  list(filter: DeliveryFilter, limit: number, after: string | null): Promise<DeliveryPage>;
  /** Up to `limit` whose next try was due before `before` (milliseconds since 1970), about the longest due first. */
  due(before: number, limit: number): Promise<readonly Delivery[]>;
  /** Up to `limit` whose next try is due after `after`, of those furthest off. */
  dueAfter(after: number, limit: number): Promise<readonly Delivery[]>;
}
