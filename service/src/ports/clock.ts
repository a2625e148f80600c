/** The clock of record: what it says is written into records, ids and URLs. */
export interface Clock {
  /** Milliseconds since 1970, UTC. Never less than what it said before, also across restarts. */
  now(): number;
}
