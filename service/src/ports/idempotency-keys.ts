import type { ImageId } from '../domain/image-id.ts';

/**
 * What has been made of the keys under which callers repeat requests (DESIGN, section 2: Idempotency). A
 * key belongs to one caller and one operation: `scope` says which, `key` is what the caller sent.
 *
 * Every change is one atomic step: of any number of attempts at once, in any process, one begins. Times are
 * milliseconds since 1970, compared by the driver with the `now` that it is given: what has expired counts
 * as not there, whenever the store removes it.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface IdempotencyKeys {
  /**
   * Takes the key for an attempt, or says what another attempt has made of it. An attempt that has the key
   * already, and asks again, is told what it was told.
   */
  begin(key: ScopedKey, attempt: Attempt, now: number): Promise<KeyState>;
  /**
   * Keeps the answer of the attempt that has the key.
   * @throws DomainError `conflict` when another attempt has taken the key over, or it has been freed.
   */
  answer(key: ScopedKey, attempt_id: string, answer: KeptAnswer): Promise<void>;
  /**
   * Forgets the key, if the attempt has it still and has not answered: the next one begins anew, with an
   * image of its own. Only for an attempt of which nothing is left, and none was before it.
   */
  free(key: ScopedKey, attempt_id: string): Promise<void>;
  /**
   * Ends the lease of the attempt, if it has the key still and has not answered: the next one takes over
   * at once. For an attempt after which the image may be there, by itself or by one before it.
   */
  release(key: ScopedKey, attempt_id: string): Promise<void>;
}

export interface ScopedKey {
  readonly scope: string;
  readonly key: string;
}

export interface Attempt {
  /** New for each request. */
  readonly attempt_id: string;
  /** The id that the image is to have. */
  readonly image_id: ImageId;
  /**
   * From then on another attempt may take the key over; and at once where the key has more than two lives to go: a
   * clock took it that was ahead.
   */
  readonly lease_until: number;
  /** From then on the key is forgotten. */
  readonly expires_at: number;
}

export type KeyState =
  /**
   * The key is the attempt's. `image_id` is its own; or that of the first attempt, where the lease of the
   * one before it has run out: `takeovers` counts how often that has been so, this time included.
   */
  | { readonly state: 'begun'; readonly image_id: ImageId; readonly takeovers: number }
  | { readonly state: 'in_flight'; readonly lease_until: number }
  | { readonly state: 'answered'; readonly answer: KeptAnswer };

export interface KeptAnswer {
  /** SHA-256 of what was asked for, lower-case hex: another request under the key is told by it. */
  readonly fingerprint: string;
  /** What was answered, as plain data of at most 300 KB. */
  readonly content: unknown;
}
