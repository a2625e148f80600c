/**
 * Jobs that were written down with the change that caused them, where the queue is another store than the
 * index: each is also sent to the queue, and the note goes when it arrives there.
 */
export interface JobOutbox {
  /**
   * Sends again what was written down before a time (milliseconds since 1970) and has not arrived since; and after
   * another, later than now: by a clock that was ahead, which nobody waits for.
   * @returns how many jobs that were.
   */
  resend(before: number, after?: number): Promise<number>;
}
