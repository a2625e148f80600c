import { describe, expect, test } from 'vitest';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { searchedTexts, searchTermsOf } from './search.ts';
import { searchText } from './search-text.ts';
import { wordsOf } from './search-words.ts';

describe('the words of a text', () => {
  test.each([
    ['Osprey, at DUSK!', ['osprey', 'at', 'dusk']],
    ['IMG_0042.JPG', ['img', '0042', 'jpg']],
    ['Crème brûlée à la Łódź, Ærø & Straße', ['creme', 'brulee', 'a', 'la', 'lodz', 'aero', 'strasse']],
    ['İstanbul ısı', ['istanbul', 'isi']],
    ['ΟΔΟΣ οδός οδοσήμανση', ['οδοσ', 'οδοσ', 'οδοσημανση']],
    ['ﬁne ① Ｆｕｌｌ', ['fine', '1', 'full']],
    ['東京タワー2024', ['東', '京', 'タ', 'ワ', 'ー', '2024']],
    ['서울의 밤', ['서울의', '밤']],
    ['हिन्दी में', ['हिन्दी', 'में']],
    ['مَرحبا', ['مَرحبا']],
    ['🦅 — … "', []],
    ['', []],
  ])('%j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test('are the same whether letters are composed or not', () => {
    const text = 'Crème Ångström が 서울 Ёлка';
    expect(wordsOf(text.normalize('NFD'))).toEqual(wordsOf(text.normalize('NFC')));
  });

  test('hold nothing that an engine could take for a sign of its own', () => {
    const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).join(' ');
    expect(wordsOf(every).filter((word) => /[^\p{L}\p{N}\p{M}]/u.test(word))).toEqual([]);
  });
});

describe('what is written into a search box', () => {
  test.each([
    ['osprey du', [['osprey'], ['du*']]],
    ['"new york" ni', [['new york'], ['ni*']]],
    ['ni "new york"', [['ni'], ['new york']]],
    ['new-york', [['new york*']]],
    ['title:osprey OR (a*)', [['title osprey'], ['or'], ['a*']]],
    ['"never closed', [['never'], ['closed*']]],
    ['osprey -', [['osprey*']]],
    ['"" " "', []],
  ])('%j', (text, terms) => {
    const written = searchTermsOf(text).map(({ words, isPrefix }) => [
      words.join(' ') + (isPrefix ? '*' : ''),
    ]);
    expect(written).toEqual(terms);
  });

  test.each([
    ['', 'must have a letter or a digit'],
    ['"…" *', 'must have a letter or a digit'],
    ['x'.repeat(201), 'must have at most 200 characters'],
    ['a '.repeat(21), 'must have at most 20 words'],
    ['\ud800', 'must be valid Unicode text'],
  ])('refuses %j', (text, message) => {
    expect(searchText.safeParse(text).error?.issues.map((issue) => issue.message)).toContain(message);
  });

  test('may be as long as is said', () => {
    expect(searchText.safeParse('é'.repeat(200)).success).toBe(true);
    expect(searchText.safeParse('a '.repeat(20)).success).toBe(true);
  });
});

test('tags stay apart from each other', () => {
  const record = sampleRecord({
    title: null,
    tags: ['new york', 'city-lights'],
    filename: 'a.jpg',
    description: null,
  });
  expect(searchedTexts(record)).toEqual({
    title: [''],
    tags: ['new york', 'city lights'],
    filename: ['a jpg'],
    description: [''],
  });
});
