import { describe, expect, test } from 'vitest';
import { plainText } from '../src/text/plain-text.ts';
import { fieldsText, tableText } from '../src/text/table.ts';
import { fitText, padText, textWidth } from '../src/text/text-width.ts';

describe('the width of text', () => {
  test.each([
    ['', 0],
    ['Osprey', 6],
    ['Zürich', 6],
    ['Zu\u0308rich', 6],
    ['日本語', 6],
    ['ｆｕｌｌ', 8],
    ['한국어', 6],
    ['🎉', 2],
    ['👨‍👩‍👧‍👦', 2],
    ['🇨🇭', 2],
    ['❤️', 2],
    ['a\u200bb', 2],
  ])('%j takes the columns that terminals give it', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test('text is cut between what is one character to people, never to more than there is room', () => {
    expect(fitText('Osprey at dusk', 14)).toBe('Osprey at dusk');
    expect(fitText('Osprey at dusk', 8)).toBe('Osprey …');
    expect(fitText('日本語の写真', 6)).toBe('日本…');
    expect(fitText('日本語の写真', 5)).toBe('日本…');
    expect(fitText('👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3)).toBe('👨‍👩‍👧‍👦…');
    expect(fitText('abc', 0)).toBe('');
  });

  test('padding counts columns', () => {
    expect([padText('日本', 6), padText('12', 4, 'right')]).toEqual(['日本  ', '  12']);
  });
});

describe('what others have written', () => {
  test.each([
    ['\u001b[2J\u001b[1;31mred', ' [2J [1;31mred'],
    ['\u001b]0;title\u0007x', ' ]0;title x'],
    ['\u009b31mred', ' 31mred'],
    ['a\r\nb\tc', 'a b c'],
    ['abc\u202edef', 'abc def'],
    ['line\u2028break', 'line break'],
    ['👨‍👩‍👧‍👦 and 日本語', '👨‍👩‍👧‍👦 and 日本語'],
  ])('%j cannot command a terminal', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });
});

describe('a table', () => {
  const rows = [
    { name: 'Osprey', size: '12 KB' },
    { name: '日本語', size: '1 KB' },
    { name: 'a\u001b[31m', size: '' },
  ];
  const columns = [
    { heading: 'SIZE', cell: (row: (typeof rows)[number]) => row.size, align: 'right' as const },
    { heading: 'NAME', cell: (row: (typeof rows)[number]) => row.name, atLeast: 3 },
  ];

  test('has its columns beneath each other, and nothing in it that a terminal obeys', () => {
    expect(tableText(columns, rows, undefined)).toBe(
      ' SIZE  NAME\n12 KB  Osprey\n 1 KB  日本語\n       a [31m\n',
    );
  });

  test('is cut to the terminal where a column may be, and not where there is none', () => {
    expect(tableText(columns, rows, 11)).toBe(' SIZE  NAME\n12 KB  Osp…\n 1 KB  日…\n       a […\n');
    expect(tableText(columns, rows, 2)).toContain('12 KB  Os…');
  });
});

test('fields without a value are left out, and lines of a long one stand beneath each other', () => {
  expect(
    fieldsText([
      ['id', '1'],
      ['title', null],
      ['description', 'one\ntwo\u001b[1m'],
    ]),
  ).toBe('id           1\ndescription  one\n             two [1m\n');
});
