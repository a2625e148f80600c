/** A span of `upload_time` in milliseconds since 1970, from `from` to just before `before`. */
export interface DateRange {
  readonly from?: number;
  readonly before?: number;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const DAY = 86_400_000;

/**
 * Reads `START/END` (or with a comma), both inclusive, either of them `..` or empty for "open". Each is a
 * date (UTC) or an instant with an offset, as in ISO 8601-1:2019; a date as END includes the whole day.
 * Returns undefined for what cannot be read, and for a span that ends before it starts.
 */
export function parseDateRange(text: string): DateRange | undefined {
  const [start, end, ...more] = text.split(/[/,]/);
  if (start === undefined || end === undefined || more.length > 0) return undefined;
  const from = isOpen(start) ? Number.NEGATIVE_INFINITY : instantOf(start);
  const last = isOpen(end) ? Number.POSITIVE_INFINITY : instantOf(end);
  if (from === undefined || last === undefined) return undefined;
  const before = last + (DATE.test(end) ? DAY : 1);
  if (from >= before) return undefined;
  return {
    ...(Number.isFinite(from) ? { from } : {}),
    ...(Number.isFinite(before) ? { before } : {}),
  };
}

function isOpen(side: string): boolean {
  return side === '..' || side === '';
}

function instantOf(text: string): number | undefined {
  const day = DATE.test(text) ? text : INSTANT.exec(text)?.[1];
  if (day === undefined || !isCalendarDay(day)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `Date.parse` takes 30 February for 1 or 2 March. */
function isCalendarDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
