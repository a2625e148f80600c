import { expect, test } from 'vitest';
import { createRecordClock } from './record-clock.ts';

test('the clock of record goes on with the machine’s', () => {
  const times = [100, 100, 105, 200];
  const clock = createRecordClock(0, () => times.shift() ?? 0);
  expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([100, 100, 105, 200]);
});

const noTimePasses = () => 0;

test('it does not go back while the machine’s is set back, until that has caught up', () => {
  const times = [100, 40, 99, 100, 101];
  const clock = createRecordClock(0, () => times.shift() ?? 0, noTimePasses);
  expect([clock.now(), clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([
    100, 100, 100, 100, 101,
  ]);
});

test('it never says less than the latest time on record', () => {
  const times = [100, 1000, 1001];
  const clock = createRecordClock(1000, () => times.shift() ?? 0, noTimePasses);
  expect([clock.now(), clock.now(), clock.now()]).toEqual([1000, 1000, 1001]);
});

const HOUR = 3_600_000;
const YEARS = 10 * 365 * 24 * HOUR;

test.each([HOUR, YEARS])('it goes on when the machine’s is set back by %d ms, at half the pace', (back) => {
  let [machine, passed] = [YEARS * 5, 0];
  const clock = createRecordClock(
    0,
    () => machine,
    () => passed,
  );
  const before = clock.now();
  machine -= back;
  const said = [1, 2, 3, 4].map((minutes) => {
    passed += minutes * 60_000;
    machine += minutes * 60_000;
    return clock.now() - before;
  });
  expect(said).toEqual([30_000, 90_000, 180_000, 300_000]);
});

test('the machine’s has caught up in twice the time by which it was set back', () => {
  let passed = 0;
  const clock = createRecordClock(
    HOUR,
    () => passed,
    () => passed,
  );
  passed = 2 * HOUR - 2;
  expect(clock.now()).toBe(2 * HOUR - 1);
  passed = 2 * HOUR + 1;
  expect(clock.now()).toBe(2 * HOUR + 1);
});

test('it goes on at half the pace from the latest time on record', () => {
  let passed = 500;
  const clock = createRecordClock(
    YEARS,
    () => 0,
    () => passed,
  );
  expect(clock.now()).toBe(YEARS);
  passed += 90;
  expect(clock.now()).toBe(YEARS + 45);
});

test('it tells the time of this machine unless told otherwise', () => {
  const before = Date.now();
  const now = createRecordClock(0).now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});
