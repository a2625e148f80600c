import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import { encodeKeyPart, imageObjectKey, isObjectKey } from './object-key.ts';

const anyText = fc.string({ unit: 'binary', minLength: 1 });

describe("a user's part of a key", () => {
  test.each([
    ['alice', 'alice'],
    ['Alice_1-2', 'Alice_1-2'],
    ['..', '%2E%2E'],
    ['a#b', 'a%23b'],
    ['a/b', 'a%2Fb'],
    ['%2F', '%252F'],
    ['é', '%C3%A9'],
    ['e\u0301', 'e%CC%81'],
    ['🦅', '%F0%9F%A6%85'],
    [' ', '%20'],
    ["~!*'()", '%7E%21%2A%27%28%29'],
    ['\u0000\n', '%00%0A'],
  ])('%j is written %s', (text, part) => {
    expect(encodeKeyPart(text)).toBe(part);
  });

  test('can be nothing but letters, digits, _, - and percent signs, and leads back to its text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const part = encodeKeyPart(text);
        expect(part).toMatch(/^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+$/);
        expect(decodeURIComponent(part)).toBe(text);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe("an image's key", () => {
  const id = newImageId(0);

  test('is its user and its id, with the version from the second on', () => {
    expect(imageObjectKey('alice', id, 1)).toBe(`alice/${id}`);
    expect(imageObjectKey('alice', id, 2)).toBe(`alice/${id}.v2`);
    expect(imageObjectKey('a/b', id, 31)).toBe(`a%2Fb/${id}.v31`);
  });

  test('is a key, of two segments, whoever the user is', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 1e6 }), (user, version) => {
        fc.pre(Buffer.byteLength(user) <= 128);
        const key = imageObjectKey(user, id, version);
        expect(isObjectKey(key)).toBe(true);
        expect(key.split('/')).toHaveLength(2);
        expect(key.startsWith('.')).toBe(false);
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  test('is at most 430 characters', () => {
    expect(imageObjectKey('🦅'.repeat(32), id, 9999).length).toBeLessThanOrEqual(430);
  });
});

describe('what can be a key', () => {
  test.each(['a', 'a/b', 'a/b/c', '.trash/a', 'a.b', 'a..b', 'a.', '%', '_-', 'a'.repeat(1024)])(
    '%.40j can',
    (key) => {
      expect(isObjectKey(key)).toBe(true);
    },
  );

  test.each([
    '',
    '/',
    '.',
    '..',
    '...',
    './a',
    '../a',
    'a/..',
    'a/.',
    'a/../b',
    'a/./b',
    '/a',
    'a/',
    'a//b',
    'a b',
    'a\\b',
    'a\u0000',
    'a\n',
    'a+b',
    'é',
    'a?b',
    'a#b',
    '..a',
    'a:b',
    'a'.repeat(1025),
  ])('%.40j cannot', (key) => {
    expect(isObjectKey(key)).toBe(false);
  });
});
