import { describe, expect, test } from 'vitest';
import { itemSize } from './item-size.ts';
import type { AttributeValue } from './model.ts';

/** The size of a value alone: under a name without characters, which DynamoDB itself would not take. */
const sizeOf = (value: AttributeValue) => itemSize({ '': value });

describe('the size of an item', () => {
  test('is the sum of the names and the values, in UTF-8', () => {
    expect(itemSize({})).toBe(0);
    expect(itemSize({ id: { S: 'abc' } })).toBe(2 + 3);
    expect(itemSize({ größe: { S: '写真' }, b: { S: '' } })).toBe(7 + 6 + 1);
  });

  test.each([
    [{ BOOL: false }, 1],
    [{ NULL: true }, 1],
    [{ B: Buffer.alloc(10).toString('base64') }, 10],
    [{ SS: ['a', 'bcd'] }, 4],
    [{ NS: ['1', '-100'] }, 2 + 3],
    [{ BS: [Buffer.alloc(5).toString('base64')] }, 5],
  ])('counts %j as %i bytes', (value, bytes) => {
    expect(sizeOf(value)).toBe(bytes);
  });

  test.each([
    ['0', 1],
    ['7', 1 + 1],
    ['12', 1 + 1],
    ['123', 1 + 2],
    ['1795303385139', 1 + 7],
    // Zeros at either end do not count.
    ['1200', 1 + 1],
    ['0.0000001', 1 + 1],
    ['1e30', 1 + 1],
    // The digits on each side of the point are paired by themselves.
    ['10.5', 1 + 1 + 1],
    ['100.001', 1 + 2 + 2],
    ['1.005E2', 1 + 2 + 1],
    ['-12', 1 + 1 + 1],
  ])('counts the number %s as %i bytes', (number, bytes) => {
    expect(sizeOf({ N: number })).toBe(bytes);
  });

  test('adds three bytes for a list or a map, and one for each of its elements', () => {
    expect(sizeOf({ L: [] })).toBe(3);
    expect(sizeOf({ M: {} })).toBe(3);
    expect(sizeOf({ L: [{ S: 'ab' }, { N: '1' }] })).toBe(3 + (1 + 2) + (1 + 2));
    expect(sizeOf({ M: { key: { S: 'value' }, inner: { L: [{ BOOL: true }] } } })).toBe(
      3 + (1 + 3 + 5) + (1 + 5 + (3 + (1 + 1))),
    );
  });
});
