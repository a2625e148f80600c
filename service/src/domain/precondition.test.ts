import { expect, test } from 'vitest';
import { ifMatchAllows } from './precondition.ts';

test.each([
  ['no header', undefined],
  ['anything', '*'],
  ['anything, with spaces', ' * '],
  ['the tag', '"1.2"'],
  ['the tag, with spaces', '  "1.2"\t'],
  ['a list with the tag', '"1.1", "1.2"'],
  ['a list without spaces', '"1.1","1.2","9.9"'],
])('If-Match of %s allows a change', (_what, header) => {
  expect(ifMatchAllows(header, '"1.2"')).toBe(true);
});

test.each([
  ['nothing', ''],
  ['another revision', '"1.1"'],
  ['another version', '"2.2"'],
  ['a list of others', '"1.1", "1.3"'],
  ['the weak tag', 'W/"1.2"'],
  ['the tag without quotes', '1.2'],
  ['the beginning of the tag', '"1."'],
  ['more than the tag', '"1.23"'],
  ['two stars', '**'],
  ['a star in quotes', '"*"'],
])('If-Match of %s does not', (_what, header) => {
  expect(ifMatchAllows(header, '"1.2"')).toBe(false);
});
