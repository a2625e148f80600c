/** Bytes from `start` to just before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The same bytes, in order and each once. */
export function merged(ranges: readonly Range[]): Range[] {
  const all: { start: number; end: number }[] = [];
  for (const { start, end } of [...ranges].sort((one, other) => one.start - other.start)) {
    const last = all.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else all.push({ start, end });
  }
  return all;
}

/** Whether any of these has a byte in common with any of those, or with another of these. */
export function overlap(these: readonly Range[], those: readonly Range[]): boolean {
  const all = [
    ...these.map((range) => ({ ...range, isThis: true })),
    ...those.map((range) => ({ ...range, isThis: false })),
  ].filter(({ start, end }) => start < end);
  all.sort((one, other) => one.start - other.start);
  let endOfThese = 0;
  let endOfThose = 0;
  for (const { start, end, isThis } of all) {
    if (start < endOfThese || (isThis && start < endOfThose)) return true;
    if (isThis) endOfThese = Math.max(endOfThese, end);
    else endOfThose = Math.max(endOfThose, end);
  }
  return false;
}
