import { expect, test } from 'vitest';
import { RecentlyUsed } from './recently-used.ts';

test('of what was used last at least half is there, and never more than all that may be', () => {
  const kept = new RecentlyUsed<number, string>(10);
  for (let key = 0; key < 1000; key++) {
    kept.set(key, `value ${key}`);
    const there = Array.from({ length: key + 1 }, (_, each) => each).filter((each) => kept.has(each));
    expect(there.length).toBeLessThanOrEqual(10);
    expect(there.slice(-5)).toEqual([key - 4, key - 3, key - 2, key - 1, key].filter((each) => each >= 0));
  }
});

test('what is used again and again stays, however much else comes', () => {
  const kept = new RecentlyUsed<string, number>(4);
  kept.set('used', 1);
  for (let n = 0; n < 100; n++) {
    kept.set(`other ${n}`, n);
    expect(kept.get('used')).toBe(1);
  }
});

test('what is set anew has its new value, and what is deleted is not there, of whatever age it is', () => {
  const kept = new RecentlyUsed<string, number>(4);
  for (const key of ['a', 'b', 'c', 'd']) kept.set(key, 1);
  kept.set('a', 2);
  kept.set('d', 2);
  kept.delete('b');
  kept.delete('c');
  expect(['a', 'b', 'c', 'd'].map((key) => kept.get(key))).toEqual([2, undefined, undefined, 2]);
});
