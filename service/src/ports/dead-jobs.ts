/** Jobs that have failed for good: they are kept, and not tried again until somebody wants it. */
export interface DeadJobs {
  /** Up to `limit` of them, in no order that can be relied on. They stay where they are. */
  listDead(limit: number): Promise<readonly DeadJob[]>;
  /** Has one of them tried again, or with null all of them. @returns how many. */
  retryDead(id: string | null): Promise<number>;
}

export interface DeadJob {
  readonly id: string;
  /** As JSON; also of a kind that this release does not know. */
  readonly job: string;
  /** ISO 8601; when it was first queued. */
  readonly queued_at: string;
  readonly tries: number;
  /** Why it failed the last time, where that is kept. */
  readonly failure: string | null;
}
