/**
 * The words of a text as both homes' indexes know them: lower-case, without diacritics, runs of letters and digits.
 * An index is given these words, and so is a query, so that no engine's own notion of a word decides what is found.
 *
 * Chinese and Japanese are written without spaces: each of their characters is a word, and what is asked for as
 * one piece is found where its characters follow each other.
 */
export function wordsOf(text: string): string[] {
  return folded(text).match(WORD) ?? [];
}

/** Scripts whose characters are words of their own. */
const UNSPACED = '[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}]';

const WORD = new RegExp(`[${UNSPACED}&&[\\p{L}\\p{N}]]|[[\\p{L}\\p{N}\\p{M}]--${UNSPACED}]+`, 'gv');

/** https://www.unicode.org/charts/PDF/U0300.pdf: what Latin, Greek and Cyrillic letters carry. */
const DIACRITICS = /[\u0300-\u036f]/g;

/** Letters that are told from plain ones by more than a mark that can be taken off; and σ as words end with it. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
};

const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

function folded(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(DIACRITICS, '')
    .replace(SPECIAL, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC');
}
