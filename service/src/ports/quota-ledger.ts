import type { ImageId } from '../domain/image-id.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import type { OwnLimits, QuotaAmount, QuotaLimits } from '../domain/quota.ts';

export type { OwnLimits, QuotaAmount, QuotaLimits } from '../domain/quota.ts';

/**
 * How many images and bytes each user has, and may have. Everything of theirs counts that takes room,
 * whatever its status: uploads that are announced or under way, images, older versions, trash.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface QuotaLedger {
  /**
   * Sets room aside before bytes are taken. One atomic step: of any number of reservations at once, in any
   * process, none passes a limit. The user's own limits count where there are any, `defaults` elsewhere. A
   * limit of which nothing is asked is not looked at.
   * @param image_id of the record that is to hold it, if it is a new one: so that it does not count twice
   *   between the record's commit and `keep`.
   * @throws DomainError `quota_exceeded`, whose sentence says which limit it is and how much is left.
   */
  reserve(
    user_id: string,
    amount: QuotaAmount,
    defaults: QuotaLimits,
    image_id?: ImageId,
  ): Promise<QuotaReservation>;
  /**
   * So much is no longer held: a record was removed from the index, or now holds less, or the record of a
   * reservation that was kept has never come. Of what is not counted nothing is taken away.
   */
  giveBack(user_id: string, amount: QuotaAmount): Promise<void>;
  /** Nothing, without limits of their own, of a user that nobody has heard of. */
  usageOf(user_id: string): Promise<QuotaUsage>;
  /** The user's own limits from now on. What is there already stays. */
  setLimits(user_id: string, limits: OwnLimits): Promise<void>;
  /**
   * Puts the count right, if it still is what was seen.
   * @returns false when it has changed since: then count anew.
   */
  correct(user_id: string, seen: QuotaAmount, counted: QuotaAmount): Promise<boolean>;
}

export interface QuotaUsage extends QuotaAmount {
  readonly limits: OwnLimits;
}

/** The bytes of a further version of an image. */
export interface VersionBytes {
  readonly image_id: ImageId;
  readonly object_key: ObjectKey;
}

/** Room that has been set aside. Exactly one of `keep` and `giveBack` ends it. */
export interface QuotaReservation {
  /**
   * Makes it so many bytes, once that is known.
   * @throws DomainError `quota_exceeded`: what was reserved before stays so.
   */
  resize(bytes: number): Promise<void>;
  /**
   * An image that is there already is about to refer to these bytes: so that they do not count twice between the
   * record's change and `keep`.
   */
  willBe(version: VersionBytes): void;
  /** The record is in the index, or may be; it holds so many bytes: at most as many as are reserved. */
  keep(bytes: number): Promise<void>;
  /** Nothing has come of it. */
  giveBack(): Promise<void>;
}
