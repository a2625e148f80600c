import { expect, test } from 'vitest';
import { createRecordClock } from './record-clock.ts';

test('the clock of record goes on with the machine’s', () => {
  const times = [100, 100, 105, 200];
  const clock = createRecordClock(0, () => times.shift() ?? 0);
  expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([100, 100, 105, 200]);
});

test('it stands still while the machine’s is set back, until that has caught up', () => {
  const times = [100, 40, 99, 100, 101];
  const clock = createRecordClock(0, () => times.shift() ?? 0);
  expect([clock.now(), clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([
    100, 100, 100, 100, 101,
  ]);
});

test('it never says less than the latest time on record', () => {
  const times = [100, 1000, 1001];
  const clock = createRecordClock(1000, () => times.shift() ?? 0);
  expect([clock.now(), clock.now(), clock.now()]).toEqual([1000, 1000, 1001]);
});

test('it tells the time of this machine unless told otherwise', () => {
  const before = Date.now();
  const now = createRecordClock(0).now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});
