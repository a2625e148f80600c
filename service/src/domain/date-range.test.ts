import { describe, expect, test } from 'vitest';
import { type DateRange, parseDateRange } from './date-range.ts';

const at = (instant: string) => Date.parse(instant);

test.each<[string, DateRange]>([
  ['2026-01-01/2026-01-31', { from: at('2026-01-01T00:00:00Z'), before: at('2026-02-01T00:00:00Z') }],
  ['2026-01-01,2026-01-31', { from: at('2026-01-01T00:00:00Z'), before: at('2026-02-01T00:00:00Z') }],
  ['2026-05-04/2026-05-04', { from: at('2026-05-04T00:00:00Z'), before: at('2026-05-05T00:00:00Z') }],
  ['2024-02-29/2024-02-29', { from: at('2024-02-29T00:00:00Z'), before: at('2024-03-01T00:00:00Z') }],
  ['2026-12-31/2026-12-31', { from: at('2026-12-31T00:00:00Z'), before: at('2027-01-01T00:00:00Z') }],
  ['2026-01-01/..', { from: at('2026-01-01T00:00:00Z') }],
  ['2026-01-01/', { from: at('2026-01-01T00:00:00Z') }],
  ['../2026-01-31', { before: at('2026-02-01T00:00:00Z') }],
  ['/2026-01-31', { before: at('2026-02-01T00:00:00Z') }],
  [',2026-01-31', { before: at('2026-02-01T00:00:00Z') }],
  ['../..', {}],
  ['..,..', {}],
  ['/', {}],
])('the range %s is read, a date at its end as the whole day', (text, range) => {
  expect(parseDateRange(text)).toEqual(range);
});

test.each<[string, DateRange]>([
  [
    '2026-05-04T03:02:01Z/2026-05-04T03:02:01Z',
    { from: at('2026-05-04T03:02:01.000Z'), before: at('2026-05-04T03:02:01.001Z') },
  ],
  [
    '2026-05-04T03:02Z/2026-05-04T03:02:01.5Z',
    { from: at('2026-05-04T03:02:00.000Z'), before: at('2026-05-04T03:02:01.501Z') },
  ],
  [
    '2026-05-04T03:02:01.123Z/2026-05-04T03:02:01.123456789Z',
    { from: at('2026-05-04T03:02:01.123Z'), before: at('2026-05-04T03:02:01.124Z') },
  ],
  [
    '2026-05-04T00:00:00+02:00/2026-05-04T00:00:00-09:30',
    { from: at('2026-05-03T22:00:00Z'), before: at('2026-05-04T09:30:00.001Z') },
  ],
  ['2026-05-04/2026-05-04T12:00Z', { from: at('2026-05-04T00:00Z'), before: at('2026-05-04T12:00:00.001Z') }],
  ['2026-05-04T12:00Z/2026-05-04', { from: at('2026-05-04T12:00Z'), before: at('2026-05-05T00:00Z') }],
  ['../2026-05-04T23:59:59.999Z', { before: at('2026-05-05T00:00Z') }],
])('the range %s is read to the millisecond, both ends within it', (text, range) => {
  expect(parseDateRange(text)).toEqual(range);
});

describe('what is no range', () => {
  test.each([
    ['', 'nothing'],
    ['2026-01-01', 'one side only'],
    ['2026-01-01/2026-01-02/2026-01-03', 'three sides'],
    ['2026-01-01/2026-01-02,', 'two separators'],
    ['2026-02-30/2026-03-05', '30 February'],
    ['2026-02-29/2026-03-05', '29 February of a common year'],
    ['2026-01-01/2026-04-31', '31 April'],
    ['2026-13-01/..', 'month 13'],
    ['2026-00-01/..', 'month 0'],
    ['2026-01-00/..', 'day 0'],
    ['2026-02-30T00:00:00Z/..', '30 February with a time'],
    ['2026-02-30T00:00:00-05:00/..', '30 February with an offset'],
    ['2026-01-01T24:01:00Z/..', '24:01'],
    ['2026-01-01T25:00:00Z/..', 'hour 25'],
    ['2026-01-01T00:60:00Z/..', 'minute 60'],
    ['2026-01-01T00:00:61Z/..', 'second 61'],
    ['2026-01-01T00:00:00/..', 'a time without offset'],
    ['2026-01-01T00:00:00+0200/..', 'an offset without colon'],
    ['2026-01-01T00:00:00+99:00/..', 'an offset of 99 hours'],
    ['2026-01-01 00:00:00Z/..', 'a space for the T'],
    ['2026-1-1/..', 'single digits'],
    ['26-01-01/..', 'a year of two digits'],
    ['+002026-01-01/..', 'a year of six digits'],
    ['20260101/..', 'no hyphens'],
    ['2026-01/2026-02', 'months'],
    ['2026-W01/..', 'weeks'],
    ['2026-01-01/P1D', 'a duration'],
    ['today/..', 'a word'],
    [' 2026-01-01/..', 'a space before'],
    ['2026-01-01/.. ', 'a space after'],
    ['2026-01-01\n/..', 'a line end'],
    ['1767225600000/..', 'milliseconds'],
    ['٢٠٢٦-٠١-٠١/..', 'other digits'],
  ])('%j: %s', (text) => {
    expect(parseDateRange(text)).toBeUndefined();
  });

  test.each([
    '2026-01-02/2026-01-01',
    '2026-01-01T00:00:00.001Z/2026-01-01T00:00:00.000Z',
    '2026-05-05T00:00:00Z/2026-05-04',
    '2026-05-04T00:00:00-01:00/2026-05-04T00:59:59.999Z',
  ])('%s, which ends before it starts', (text) => {
    expect(parseDateRange(text)).toBeUndefined();
  });

  test('very long texts, at once', () => {
    for (const text of ['/'.repeat(1e6), '2'.repeat(1e6), `${'2026-01-01T'.repeat(1e5)}/..`]) {
      expect(parseDateRange(text)).toBeUndefined();
    }
  });
});
