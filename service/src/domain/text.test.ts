import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { atMostCharacters, descriptionText, filenameText, titleText, userIdText } from './text.ts';

type AnyText = typeof titleText | typeof userIdText;

const messagesOf = (schema: AnyText, input: unknown) =>
  schema.safeParse(input).error?.issues.map(({ message }) => message) ?? [];

const FIELDS = [
  ['title', titleText, 200],
  ['description', descriptionText, 2000],
  ['filename', filenameText, 255],
] as const;

describe.each(FIELDS)('a %s', (_name, schema, most) => {
  test.each([
    'a',
    `it's "so"`,
    '<b>&amp;',
    '\u202eabc\u202c',
    '👩‍👩‍👧‍👦',
    'e\u0301',
    ' a ',
    '../../etc/passwd',
    '%00',
    '\u2028',
  ])('%j comes back exactly as it was sent', (text) => {
    expect(schema.parse(text)).toBe(text);
  });

  test('that is empty or null is none', () => {
    expect(schema.parse('')).toBeNull();
    expect(schema.parse(null)).toBeNull();
  });

  test('has a most of characters, whatever their bytes', () => {
    for (const character of ['x', 'é', '🦅']) {
      expect(schema.parse(character.repeat(most))).toBe(character.repeat(most));
      expect(messagesOf(schema, character.repeat(most + 1))).toContain(
        `must have at most ${most} characters`,
      );
    }
  });

  test.each(['\u0000', '\u0007', '\u001b', '\u007f', '\u0085', '\u009f'])('may not hold %j', (character) => {
    expect(messagesOf(schema, `a${character}b`)).toEqual(['must not hold control characters']);
  });

  test.each(['\ud800', '\udc00', 'a\ud83e', '\udd85\ud83e'])('may not hold half a character: %j', (text) => {
    expect(messagesOf(schema, text)).toContain('must be valid Unicode text');
  });

  test.each([7, true, [], {}, undefined])('is a text, not %j', (input) => {
    expect(schema.safeParse(input).success).toBe(false);
  });
});

test('only a description may have lines and tabs', () => {
  const lines = 'one\r\ntwo\n\tthree\r';
  expect(descriptionText.parse(lines)).toBe(lines);
  for (const schema of [titleText, filenameText]) {
    for (const character of ['\r', '\n', '\t']) {
      expect(messagesOf(schema, `a${character}b`)).toEqual(['must not hold control characters']);
    }
  }
});

describe('a user', () => {
  test.each([
    'a',
    ' ',
    '..',
    'a#b',
    'a/b',
    '%2F',
    'A',
    '🦅'.repeat(32),
    'x'.repeat(128),
    '\u202e',
    '__proto__',
  ])('may be called %j', (text) => {
    expect(userIdText.parse(text)).toBe(text);
  });

  test.each([
    ['', 'must not be empty'],
    ['x'.repeat(129), 'must have at most 128 bytes of UTF-8'],
    [`${'🦅'.repeat(32)}x`, 'must have at most 128 bytes of UTF-8'],
    ['é'.repeat(65), 'must have at most 128 bytes of UTF-8'],
    ['a\u0000', 'must not hold control characters'],
    ['a\n', 'must not hold control characters'],
    ['a\t', 'must not hold control characters'],
    ['a\u009f', 'must not hold control characters'],
    ['\ud800', 'must be valid Unicode text'],
  ])('may not be called %j: %s', (text, message) => {
    expect(messagesOf(userIdText, text)).toContain(message);
  });

  test('is somebody, not null', () => {
    expect(userIdText.safeParse(null).success).toBe(false);
    expect(userIdText.safeParse(undefined).success).toBe(false);
  });
});

test('characters are counted as code points', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat(30), (text, limit) => {
      expect(atMostCharacters(text, limit)).toBe(Array.from(text).length <= limit);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
