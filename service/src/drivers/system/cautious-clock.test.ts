import { expect, test } from 'vitest';
import { createCautiousClock } from './cautious-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 4, 4, 12);

/** A clock over one of which tests say how much time passes, and what it jumps by. */
function openClock(notBefore: number) {
  let [machine, passed] = [NOON, 0];
  const clock = createCautiousClock(
    notBefore,
    () => machine,
    () => passed,
  );
  return {
    now: () => clock.now(),
    jump(by: number) {
      machine += by;
    },
    pass(by: number) {
      machine += by;
      passed += by;
    },
  };
}

test.each([0, NOON])('it goes on with the machine’s, from %d', (notBefore) => {
  const clock = openClock(notBefore);
  expect(clock.now()).toBe(NOON);
  clock.pass(HOUR);
  expect(clock.now()).toBe(NOON + HOUR);
});

test.each([HOUR, 3650 * DAY])('where that jumps %d ms ahead it follows 24 times as fast as time', (jump) => {
  const clock = openClock(NOON);
  clock.now();
  clock.jump(jump);
  expect(clock.now()).toBe(NOON);
  clock.pass(60_000);
  expect(clock.now()).toBe(NOON + 24 * 60_000);
  clock.pass(jump);
  expect(clock.now()).toBe(NOON + 60_000 + 2 * jump);
});

test('it is right at once when that has been put right', () => {
  const clock = openClock(NOON);
  clock.jump(3650 * DAY);
  clock.pass(HOUR);
  expect(clock.now()).toBe(NOON + DAY);
  clock.jump(-3650 * DAY);
  expect(clock.now()).toBe(NOON + HOUR);
});

test.each([0, NOON])(
  'it is right at once when that is put right after it was set back, from %d',
  (notBefore) => {
    const clock = openClock(notBefore);
    clock.now();
    clock.jump(-3650 * DAY);
    clock.pass(HOUR);
    expect(clock.now()).toBe(NOON + HOUR - 3650 * DAY);
    clock.jump(3650 * DAY);
    expect(clock.now()).toBe(NOON + HOUR);
  },
);

test('where a later time is on record as it begins, a jump to that is followed no faster than another', () => {
  const clock = openClock(NOON + 3650 * DAY);
  expect(clock.now()).toBe(NOON);
  clock.jump(3650 * DAY);
  clock.pass(HOUR);
  expect(clock.now()).toBe(NOON + DAY);
});

test('after a stop of 24 days it catches up within somewhat more than one', () => {
  const clock = openClock(NOON - 24 * DAY);
  expect(clock.now()).toBe(NOON - 24 * DAY);
  clock.pass(DAY);
  expect(clock.now()).toBe(NOON);
  clock.pass(2 * HOUR);
  expect(clock.now()).toBe(NOON + DAY + 2 * HOUR);
});
