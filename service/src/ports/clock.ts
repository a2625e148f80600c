/** The clock of record: what it says is written into records, ids and URLs. */
export interface Clock {
  /** Milliseconds since 1970, UTC. Never less than what it said before, also across restarts. */
  now(): number;
  /**
   * What the machine's clock says at this moment, right or wrong, for what others compare with clocks of their own:
   * `now` may be ahead of it for long. Absent where the two are the same.
   */
  machine?(): number;
}
