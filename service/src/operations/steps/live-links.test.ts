import { describe, expect, test } from 'vitest';
import { earliestNow, lifeLeft } from './live-links.ts';

const NOON = Date.UTC(2026, 4, 4, 12);
const DAY = 86_400_000;
const YEARS = 3650 * DAY;

const clockAt = (record: number, machine: number) => ({
  now: () => NOON + record,
  machine: () => NOON + machine,
});
const MINUTE = 60_000;

/** One that ends then, and was made a day before. */
const linkTo = (ends: number, life = DAY) => ({
  created_at: new Date(NOON + ends - life).toISOString(),
  expires_at: new Date(NOON + ends).toISOString(),
});

describe('a link, by the clock of record and the machine’s', () => {
  test('that agree, lives until its last millisecond', () => {
    expect(lifeLeft(linkTo(1), clockAt(0, 0))).toBe(1);
    expect(lifeLeft(linkTo(0), clockAt(0, 0))).toBeUndefined();
    expect(lifeLeft(linkTo(1), { now: () => NOON })).toBe(1);
    expect(lifeLeft(linkTo(365 * DAY, 365 * DAY), clockAt(0, 0))).toBe(365 * DAY);
  });

  test('that was ahead for a moment, lives on, and those that are made since live as long as they are to', () => {
    const clock = clockAt(YEARS, 0);
    expect(lifeLeft(linkTo(DAY), clock)).toBe(DAY);
    expect(lifeLeft(linkTo(-1), clock)).toBeUndefined();
    expect(lifeLeft(linkTo(YEARS + DAY), clock)).toBe(DAY);
    // Once the clock of record has gone on it has expired, though the machine's is years before that.
    expect(lifeLeft(linkTo(YEARS + DAY), clockAt(YEARS + DAY, 2 * DAY))).toBeUndefined();
    expect(earliestNow(clock)).toBe(NOON);
  });

  test.each([2 * DAY, YEARS])('that was ahead by %d ms, gives it no time for that', (ahead) => {
    expect(lifeLeft(linkTo(ahead + DAY), clockAt(ahead, 0))).toBe(DAY);
    expect(lifeLeft(linkTo(ahead + DAY), clockAt(ahead + DAY, 2 * DAY - 11 * MINUTE))).toBeUndefined();
  });

  test.each([2 * DAY, YEARS])('that is set back by %d ms, lives as long as it was to', (back) => {
    expect(lifeLeft(linkTo(DAY), clockAt(0, -back))).toBe(DAY);
    expect(lifeLeft(linkTo(0), clockAt(0, -back))).toBeUndefined();
  });

  test('lives from its first millisecond on, also by the clock of another process that is somewhat behind', () => {
    expect(lifeLeft(linkTo(DAY), clockAt(-10 * MINUTE, -10 * MINUTE))).toBe(DAY + 10 * MINUTE);
  });
});
