/** Days as people mean them: by their own clock, both included; null: open on that side. `YYYY-MM-DD`. */
export interface DayRange {
  readonly from: string | null;
  readonly to: string | null;
}

export const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

export interface DatePreset {
  readonly name: string;
  readonly range: DayRange;
}

/** Ranges that are asked for often, reckoned from a moment. */
export function datePresets(now: Date): readonly DatePreset[] {
  const day = (year: number, month: number, date: number) => dayOf(new Date(year, month, date));
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const today = dayOf(now);
  return [
    { name: 'Today', range: { from: today, to: today } },
    { name: 'Last 7 days', range: { from: day(year, month, date - 6), to: today } },
    { name: 'Last 30 days', range: { from: day(year, month, date - 29), to: today } },
    { name: 'This year', range: { from: day(year, 0, 1), to: day(year, 11, 31) } },
    { name: 'Last year', range: { from: day(year - 1, 0, 1), to: day(year - 1, 11, 31) } },
  ];
}

/** The day of a moment, by this machine's clock. */
export function dayOf(moment: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** The range as the service takes it, from the first day's first moment to the last day's last; undefined: all. */
export function intervalOf({ from, to }: DayRange): string | undefined {
  if (from === null && to === null) return undefined;
  const [first, last] = from !== null && to !== null && from > to ? [to, from] : [from, to];
  const start = first === null ? '..' : momentOf(first, 0).toISOString();
  const end = last === null ? '..' : new Date(momentOf(last, 1).getTime() - 1).toISOString();
  return `${start}/${end}`;
}

function momentOf(day: string, daysLater: number): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + daysLater);
}

/** How a range is called in the filter's button. */
export function rangeName(range: DayRange, now: Date): string {
  if (range.from === null && range.to === null) return 'Any date';
  const preset = datePresets(now).find((one) => one.range.from === range.from && one.range.to === range.to);
  if (preset) return preset.name;
  if (range.from === range.to && range.from !== null) return shortDay(range.from);
  if (range.to === null) return `Since ${shortDay(range.from)}`;
  if (range.from === null) return `Until ${shortDay(range.to)}`;
  return `${shortDay(range.from)} – ${shortDay(range.to)}`;
}

function shortDay(day: string | null): string {
  if (day === null) return '';
  return momentOf(day, 0).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}
