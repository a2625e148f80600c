import { createHash } from 'node:crypto';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiter, Taken } from './rate-limits.ts';

const WINDOW_SECONDS = 60;

/** Keys that are counted each on its own; each takes some 500 bytes for as long as its window. */
const MOST_KEYS = 100_000;

/** What all further keys share: a flood from everywhere must not take our memory. */
const SHARED_KEYS = 1024;

export interface RateLimiterOptions {
  /** Most requests of one key in a minute. */
  readonly limit: number;
  readonly mostKeys?: number;
}

/**
 * Counts in the memory of this process. A key's window begins with its first request. Beyond `mostKeys`
 * keys at a time, new ones share counters, while those that are known keep their own.
 */
export function createRateLimiter({ limit, mostKeys = MOST_KEYS }: RateLimiterOptions): RateLimiter {
  const counters = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS });
  const keys = new KeyCount();
  const count = (key: string) => counters.consume(key).catch(refusalOf);
  return {
    limit,
    windowSeconds: WINDOW_SECONDS,
    async take(key) {
      const isFull = keys.atMost(Date.now()) >= mostKeys;
      if (isFull && !(await counters.get(key))) return takenOf(await count(sharedKey(key)), limit);
      const counted = await count(key);
      if (counted.isFirstInDuration) keys.add(Date.now());
      return takenOf(counted, limit);
    },
  };
}

/** How many keys can be alive: those that began in this minute or the one before. */
class KeyCount {
  #minute = 0;
  #begun = 0;
  #begunBefore = 0;

  add(now: number): void {
    this.#turnTo(now);
    this.#begun++;
  }

  atMost(now: number): number {
    this.#turnTo(now);
    return this.#begun + this.#begunBefore;
  }

  #turnTo(now: number): void {
    const minute = Math.floor(now / (WINDOW_SECONDS * 1000));
    if (minute === this.#minute) return;
    this.#begunBefore = minute === this.#minute + 1 ? this.#begun : 0;
    this.#begun = 0;
    this.#minute = minute;
  }
}

function sharedKey(key: string): string {
  const hash = createHash('sha256').update(key).digest();
  return `shared ${hash.readUInt32BE() % SHARED_KEYS}`;
}

/** The package rejects with the count where it is too high; anything else is a failure. */
function refusalOf(refusal: unknown): RateLimiterRes {
  if (refusal instanceof Error) throw refusal;
  return refusal as RateLimiterRes;
}

function takenOf({ consumedPoints, msBeforeNext }: RateLimiterRes, limit: number): Taken {
  return {
    allowed: consumedPoints <= limit,
    remaining: Math.max(0, limit - consumedPoints),
    resetsInSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  };
}
