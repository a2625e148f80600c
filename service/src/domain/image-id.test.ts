import { expect, test } from 'vitest';
import { isImageId, newImageId, timeOfImageId } from './image-id.ts';

test.each([0, 1, Date.UTC(2026, 4, 4, 3, 2, 1, 123), 2 ** 48 - 1])(
  'an id made at %i knows its time',
  (time) => {
    const id = newImageId(time);
    expect(isImageId(id)).toBe(true);
    expect(timeOfImageId(id)).toBe(time);
  },
);

test('ids of one millisecond are all different', () => {
  const ids = Array.from({ length: 10_000 }, () => newImageId(1_000_000));
  expect(new Set(ids).size).toBe(10_000);
});

test('ids of one millisecond sort in the order in which they were made', () => {
  for (let time = 1; time <= 20; time++) {
    const ids = Array.from({ length: 200 }, () => newImageId(time));
    expect([...ids].sort()).toEqual(ids);
  }
});

test('ids of one millisecond do not begin to count where those of another did', () => {
  const starts = Array.from({ length: 100 }, (_, time) => newImageId(time).slice(15));
  expect(new Set(starts).size).toBe(100);
});

test('ids sort by the time at which they were made', () => {
  const ids = Array.from({ length: 100 }, (_, n) => newImageId(Date.UTC(2026, 0, 1) + n * 777));
  expect([...ids].sort()).toEqual(ids);
});

const ID = '019df0c6-5d83-7abc-8def-0123456789ab';

test.each([
  ['capitals', ID.toUpperCase()],
  ['another version', ID.replace('-7abc', '-4abc')],
  ['another variant', ID.replace('-8def', '-cdef')],
  ['no hyphens', ID.replaceAll('-', '')],
  ['braces', `{${ID}}`],
  ['a URN', `urn:uuid:${ID}`],
  ['something before', ` ${ID}`],
  ['something after', `${ID}\n`],
  ['one digit less', ID.slice(1)],
  ['one digit more', `0${ID}`],
  ['a digit that is none', ID.replace('019d', '019g')],
  ['nothing', ''],
  ['a path', '../../etc/passwd'],
])('%s: no id', (_what, text) => {
  expect(isImageId(ID)).toBe(true);
  expect(isImageId(text)).toBe(false);
  expect(isImageId(text)).toBe(false);
  expect(isImageId(ID)).toBe(true);
});
