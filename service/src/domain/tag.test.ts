import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TAGS, normalizeTag, tagList, tagText } from './tag.ts';

const messagesOf = (schema: typeof tagList | typeof tagText, input: unknown) =>
  schema.safeParse(input).error?.issues.map(({ message }) => message);

/** The message of the alternative that got furthest, in a union. */
function refusalOf(input: unknown): string {
  const issue = tagList.safeParse(input).error?.issues[0];
  return JSON.stringify(issue) ?? '';
}

describe('a tag', () => {
  test.each([
    ['Bird', 'bird'],
    ['  bird\t', 'bird'],
    ['ÉTÉ', 'été'],
    ['e\u0301te\u0301', 'été'],
    ['E\u0301T\u00c9', 'été'],
    ['\u00a0bird\u3000\ufeff', 'bird'],
    ['a b', 'a b'],
    ['a#b/../%2F', 'a#b/../%2f'],
    ['🦅', '🦅'],
    ['\u212a', 'k'],
  ])('%j is kept as %j', (given, kept) => {
    expect(tagText.parse(given)).toBe(kept);
  });

  test('in its kept form stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normalizeTag(normalizeTag(text))).toBe(normalizeTag(text));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test('is the same in whichever normal form it comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite' }), (text) => {
        expect(normalizeTag(text.normalize('NFD'))).toBe(normalizeTag(text.normalize('NFC')));
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  test.each([
    ['', 'must not be empty'],
    ['   ', 'must not be empty'],
    ['a\u0000b', 'must not hold control characters'],
    ['a\nb', 'must not hold control characters'],
    ['a\u0085b', 'must not hold control characters'],
    ['a\ud800', 'must be valid Unicode text'],
    ['x'.repeat(65), 'must have at most 64 characters'],
    ['🦅'.repeat(65), 'must have at most 64 characters'],
  ])('%j is refused: %s', (given, message) => {
    expect(messagesOf(tagText, given)).toContain(message);
  });

  test.each(['x'.repeat(64), '🦅'.repeat(64), ` ${'x'.repeat(64)} `, 'e\u0301'.repeat(64)])(
    'may have 64 characters, however many bytes and surrounding spaces: %j',
    (given) => {
      expect([...tagText.parse(given)]).toHaveLength(64);
    },
  );
});

describe('a list of tags', () => {
  test.each([
    ['an array', ['Bird', 'dusk'], ['bird', 'dusk']],
    ['one text with commas', 'Bird, dusk ,LAKE', ['bird', 'dusk', 'lake']],
    ['one text without', 'Bird', ['bird']],
    ['duplicates', ['bird', 'BIRD', ' bird ', 'e\u0301', 'é'], ['bird', 'é']],
    ['an empty array', [], []],
    ['an empty text', '', []],
    ['a text of spaces', '  ', []],
    ['commas within an array', ['a,b'], ['a,b']],
    [
      'as many as there may be',
      Array.from({ length: MAX_TAGS }, (_, n) => `t${n}`),
      Array.from({ length: MAX_TAGS }, (_, n) => `t${n}`),
    ],
    [
      'more, of which some are the same',
      Array.from({ length: 100 }, (_, n) => `t${n % 20}`),
      Array.from({ length: 20 }, (_, n) => `t${n}`),
    ],
  ])('may be %s', (_what, given, kept) => {
    expect(tagList.parse(given)).toEqual(kept);
  });

  test.each([
    ['too many', Array.from({ length: 21 }, (_, n) => `t${n}`), 'at most 20 different tags'],
    ['too many in a text', Array.from({ length: 21 }, (_, n) => `t${n}`).join(), 'at most 20 different tags'],
    ['an empty one', ['a', ' '], 'must not be empty'],
    ['an empty one in a text', 'a,,b', 'must not be empty'],
    ['a comma at the end of a text', 'a,', 'must not be empty'],
    ['control characters', ['a\u0000'], 'must not hold control characters'],
    ['what is no text', [1], 'expected string'],
    ['no list', 7, 'expected'],
    ['null', null, 'expected'],
  ])('with %s is refused', (_what, given, message) => {
    expect(tagList.safeParse(given).success).toBe(false);
    expect(refusalOf(given)).toContain(message);
  });
});
