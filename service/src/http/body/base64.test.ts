import { describe, expect, test } from 'vitest';
import { decodeBase64, decodedSize } from './base64.ts';

const INVALID = new Error('not base64');
const decoded = (text: string, encoding: BufferEncoding = 'latin1') =>
  Buffer.concat([...decodeBase64(Buffer.from(text, encoding), () => INVALID)]);

/** Longer than what is decoded at a time. */
const LONG = Buffer.from(Array.from({ length: 600_001 }, (_, at) => (at * 7 + (at >> 8)) % 256));

describe('base64', () => {
  test.each([0, 1, 2, 3, 4, 255, 256, 257, 196_607, 196_608, 196_609, 393_216, LONG.length])(
    'of %i bytes comes back as it was, and its size is known before',
    (length) => {
      const bytes = LONG.subarray(0, length);
      const text = bytes.toString('base64');
      expect(decoded(text).equals(bytes)).toBe(true);
      expect(decodedSize(Buffer.from(text))).toBe(length);
    },
  );

  test('of a data: URL is what comes after its comma', () => {
    expect(decoded('data:image/png;base64,AQID')).toEqual(Buffer.from([1, 2, 3]));
    expect(decodedSize(Buffer.from('data:image/png;base64,AQI='))).toBe(2);
    expect(() => decoded('data:image/png,AQID')).toThrow(INVALID);
  });

  test.each([
    ['the letters of URLs', 'ab-d', 'ab_d'],
    ['spaces and line ends', 'ab d', 'abc\n', 'abcd\r\nabcd\r\n', ' abc', 'ab\tc'],
    ['other characters', 'ab!d', 'ab\u0000d', 'ab.d', 'abc,', 'ab\u00ffd'],
    ['padding that is missing', 'abc', 'ab', 'a', 'abcda'],
    [
      'padding that is too much, or not at the end',
      'a===',
      '====',
      'ab==abcd',
      'abc=abcd',
      'abcd=',
      'abcd====',
    ],
    ['bits after the last byte', 'AB==', 'AAB=', 'AAC='],
  ])('with %s is refused: %j', (_what, ...texts) => {
    for (const text of texts) expect(() => decoded(text), JSON.stringify(text)).toThrow(INVALID);
  });

  test('with one wrong character is refused, wherever that is', () => {
    const text = LONG.toString('base64');
    for (let at = 0; at < text.length; at += 26_111) {
      for (const wrong of ['-', '_', '=', ' ', '\n', '*', '\u00e4']) {
        const spoilt = `${text.slice(0, at)}${wrong}${text.slice(at + 1)}`;
        expect(() => decoded(spoilt), `${JSON.stringify(wrong)} at ${at}`).toThrow(INVALID);
      }
    }
  });

  test('agrees with the grammar of RFC 4648 for all short texts of letters that matter', () => {
    const letters = ['A', 'Q', 'B', '=', '-', '/', ' '];
    const grammar = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    for (let number = 0; number < letters.length ** 4; number++) {
      const text = [0, 1, 2, 3]
        .map((place) => letters[Math.floor(number / letters.length ** place) % letters.length])
        .join('');
      // Also canonical: it is what its bytes are written as.
      const isRight = grammar.test(text) && Buffer.from(text, 'base64').toString('base64') === text;
      if (isRight) expect(decoded(text).toString('base64')).toBe(text);
      else expect(() => decoded(text), text).toThrow(INVALID);
    }
  });
});
