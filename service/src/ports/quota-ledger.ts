/**
 * How many images and bytes each user has, and may have. Everything of theirs counts that takes room,
 * whatever its status: uploads that are announced, images, older versions, trash.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface QuotaLedger {
  /**
   * Sets room aside before bytes are taken. One atomic step: of any number of reservations at once, in any
   * process, none passes a limit. The user's own limits count where there are any, `defaults` elsewhere.
   * @throws DomainError `quota_exceeded`, whose sentence says which limit it is and how much is left.
   */
  reserve(user_id: string, amount: QuotaAmount, defaults: QuotaLimits): Promise<QuotaReservation>;
  /** A record has been removed from the index that held so much. */
  giveBack(user_id: string, amount: QuotaAmount): Promise<void>;
  usageOf(user_id: string): Promise<QuotaUsage>;
  /** The user's own limits from now on; undefined takes them away. What is there already stays. */
  setLimits(user_id: string, limits: QuotaLimits | undefined): Promise<void>;
  /**
   * Puts the count right, if it still is what was seen.
   * @returns false when it has changed since: then count anew.
   */
  correct(user_id: string, seen: QuotaAmount, counted: QuotaAmount): Promise<boolean>;
}

export interface QuotaAmount {
  readonly images: number;
  readonly bytes: number;
}

/** null: without a limit. */
export interface QuotaLimits {
  readonly max_images: number | null;
  readonly max_bytes: number | null;
}

export interface QuotaUsage extends QuotaAmount {
  /** The user's own, where they were set. */
  readonly limits: QuotaLimits | undefined;
}

/** Room that has been set aside. Exactly one of `keep` and `giveBack` ends it. */
export interface QuotaReservation {
  /** The record is in the index, and holds so many bytes: at most as many as were reserved. */
  keep(bytes: number): Promise<void>;
  /** Nothing has come of it. */
  giveBack(): Promise<void>;
}
