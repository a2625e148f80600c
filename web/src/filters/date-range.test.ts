import { describe, expect, test } from 'vitest';
import { datePresets, intervalOf, rangeName } from './date-range.ts';

const NOW = new Date(2026, 2, 3, 15, 30);

describe('ranges that are asked for often', () => {
  test('are reckoned by the calendar, across months and years', () => {
    expect(Object.fromEntries(datePresets(NOW).map(({ name, range }) => [name, range]))).toEqual({
      Today: { from: '2026-03-03', to: '2026-03-03' },
      'Last 7 days': { from: '2026-02-25', to: '2026-03-03' },
      'Last 30 days': { from: '2026-02-02', to: '2026-03-03' },
      'This year': { from: '2026-01-01', to: '2026-12-31' },
      'Last year': { from: '2025-01-01', to: '2025-12-31' },
    });
  });
});

describe('the interval that the service is asked for', () => {
  test("reaches from the first day's first moment to the last day's last, by this machine's clock", () => {
    const start = new Date(2026, 0, 31).toISOString();
    const end = new Date(new Date(2026, 1, 2).getTime() - 1).toISOString();
    expect(intervalOf({ from: '2026-01-31', to: '2026-02-01' })).toBe(`${start}/${end}`);
  });

  test('is open where no day is said, and none where neither is', () => {
    expect(intervalOf({ from: null, to: '2026-02-01' })).toMatch(/^\.\.\//);
    expect(intervalOf({ from: '2026-02-01', to: null })).toMatch(/\/\.\.$/);
    expect(intervalOf({ from: null, to: null })).toBeUndefined();
  });

  test('is turned round where it ends before it starts', () => {
    expect(intervalOf({ from: '2026-02-01', to: '2026-01-31' })).toBe(
      intervalOf({ from: '2026-01-31', to: '2026-02-01' }),
    );
  });
});

test('a range has the name that people know it by', () => {
  expect(rangeName({ from: null, to: null }, NOW)).toBe('Any date');
  expect(rangeName({ from: '2026-01-01', to: '2026-12-31' }, NOW)).toBe('This year');
  expect(rangeName({ from: '2026-02-01', to: null }, NOW)).toBe('Since 1 Feb 2026');
  expect(rangeName({ from: '2026-02-01', to: '2026-02-03' }, NOW)).toBe('1 Feb 2026 – 3 Feb 2026');
});
