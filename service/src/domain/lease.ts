interface Leased {
  readonly lease_until: number;
  readonly expires_at: number;
}

/**
 * Whether somebody's lease of a key still holds at `now`. Where the key has far longer to live than a new one, a clock
 * took it that was ahead and has been put right since: nobody can wait for the end of that.
 * @param fresh as a key is that is taken now.
 */
export function leaseHolds({ lease_until, expires_at }: Leased, fresh: Leased, now: number): boolean {
  return lease_until > now && expires_at - now <= 2 * (fresh.expires_at - now);
}
