/** Up to which amount in a month what is paid; the last step has no end. */
export interface Step {
  readonly upTo: number;
  readonly usd: number;
}

/** What a region asks, and where that was read; nowhere means that no source was found. */
export interface Rate {
  readonly steps: readonly Step[];
  readonly seen?: Seen;
}

/** Where a price was read, and of which day that is. */
export interface Seen {
  readonly where: string;
  readonly date: string;
}

/** The same in the whole month. */
export function flat(usd: number, seen?: Seen): Rate {
  return { steps: [{ upTo: Number.POSITIVE_INFINITY, usd }], ...(seen ? { seen } : {}) };
}

/** Up to where what is paid, and what beyond all of that. */
export function stepped(
  steps: readonly (readonly [upTo: number, usd: number])[],
  beyond: number,
  seen?: Seen,
): Rate {
  const last = flat(beyond, seen);
  return { ...last, steps: [...steps.map(([upTo, usd]) => ({ upTo, usd })), ...last.steps] };
}
