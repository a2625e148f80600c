import type { QuotaAmount } from '../domain/quota.ts';

/**
 * What is counted of each user, one after another, for maintenance: no request walks.
 *
 * Failures of the store itself are DomainErrors `unavailable` with the cause.
 */
export interface UsageWalk {
  /** Every user who is counted from the beginning to the end, once; in the store's own order. */
  walk(): AsyncIterable<CountedUser>;
}

export interface CountedUser extends QuotaAmount {
  readonly user_id: string;
}
