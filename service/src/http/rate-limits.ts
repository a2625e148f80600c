import type { BlockList } from 'node:net';

/** Counts requests by key. */
export interface RateLimiter {
  /** Most requests of one key in a window. */
  readonly limit: number;
  readonly windowSeconds: number;
  /** Counts one more request of `key`. */
  take(key: string): Promise<Taken>;
}

/** What one request has come to. */
export interface Taken {
  readonly allowed: boolean;
  /** How many more there may be before the window ends. */
  readonly remaining: number;
  readonly resetsInSeconds: number;
}

/** The proxies whose word about callers' addresses counts. */
export type TrustedProxies = Pick<BlockList, 'check'>;
