export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const YEARS_MS = 10 * 365 * DAY_MS;

/** How far a clock is set wrong, in milliseconds. */
export const MOVES = [
  ['an hour ahead', HOUR_MS],
  ['an hour back', -HOUR_MS],
  ['ten years ahead', YEARS_MS],
  ['ten years back', -YEARS_MS],
] as const;
