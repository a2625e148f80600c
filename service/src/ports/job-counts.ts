/** How many jobs there are, and how they are: for whoever looks after an installation. */
export interface JobCounter {
  countJobs(): Promise<readonly JobCount[]>;
}

export interface JobCount {
  /** A kind of job, also one that this release does not know; or a queue, where nobody counts by kind. */
  readonly name: string;
  /** To be done, now or when they become due. */
  readonly waiting: number;
  /** Of those that wait, how many have failed before; null where that is not known. */
  readonly retried: number | null;
  /** Handed out and not finished; some of them may have failed, and come again. Null where it is among `waiting`. */
  readonly in_hand: number | null;
  /** Laid aside. */
  readonly dead: number;
  /** Why one of those that are retried failed the last time, where that is kept. */
  readonly failure: string | null;
}
