import { describe, expect, test } from 'vitest';
import { VARIABLES } from '../../src/config/config.ts';
import { codeSpans, readDocument, section, tableRows } from './markdown.ts';
import { hasTitle, isThere, namedTests } from './named-tests.ts';

const CHECKLIST = readDocument('docs/security-checklist.md');
const SECURITY = readDocument('SECURITY.md');

const STATES = ['held', 'partly', 'open', 'not applicable'];

/** The items that there are, by OWASP's numbers. */
const ITEMS: Readonly<Record<string, readonly string[]>> = {
  'V5: files': [
    '5.1.1',
    ...['5.2.1', '5.2.2', '5.2.3', '5.2.4', '5.2.5', '5.2.6'],
    ...['5.3.1', '5.3.2', '5.3.3'],
    ...['5.4.1', '5.4.2', '5.4.3'],
  ],
  'V8: authorization': [
    ...['8.1.1', '8.1.2', '8.1.3', '8.1.4'],
    ...['8.2.1', '8.2.2', '8.2.3', '8.2.4'],
    ...['8.3.1', '8.3.2', '8.3.3'],
    ...['8.4.1', '8.4.2'],
  ],
  'V9: self-contained tokens': ['9.1.1', '9.1.2', '9.1.3', '9.2.1', '9.2.2', '9.2.3', '9.2.4'],
  'API Security Top 10': Array.from({ length: 10 }, (_, at) => `API${at + 1}`),
};

describe('the security checklist', () => {
  describe.each(Object.entries(ITEMS))('%s', (heading, items) => {
    const rows = tableRows(section(CHECKLIST, heading));

    test('has a row for each item, once, in order', () => {
      expect(rows.map(([item]) => item)).toEqual(items);
    });

    test('says of each where it stands, with tests where something is held, and with words where not', () => {
      for (const [item = '', , state = '', why = '', ...more] of rows) {
        expect(more, item).toEqual([]);
        expect(STATES, item).toContain(state);
        const tests = namedTests(why);
        const words = why.replaceAll(/`[^`]+`(?:: "[^"]+")?/g, '').replaceAll(/[;\s]/g, '');
        if (state === 'held' || state === 'partly') expect(tests.length, item).toBeGreaterThan(0);
        if (state !== 'held') expect(words.length, item).toBeGreaterThan(20);
      }
    });

    test('names tests that are there', () => {
      const named = rows.flatMap(([, , , why = '']) => namedTests(why));
      expect(named.length).toBeGreaterThan(5);
      expect(named.filter((one) => !isThere(one))).toEqual([]);
    });

    test('names no file without a title', () => {
      const files = rows.flatMap(([, , , why = '']) => codeSpans(why)).filter((span) => span.endsWith('.ts'));
      expect(files).toHaveLength(rows.flatMap(([, , , why = '']) => namedTests(why)).length);
    });
  });
});

test('a title counts as the first argument of a call, or as the name of a case, and nowhere else', () => {
  const source =
    "test.each(X)(\n  'a %s', f);\n// 'in a comment'\nconst cases = {\n  'of a case': 1 };\ntest('long one', f);";
  const found = ['a %s', 'of a case', 'long one'].filter((title) => hasTitle(source, title));
  expect(found).toEqual(['a %s', 'of a case', 'long one']);
  const missing = ['in a comment', 'long', 'one', 'a .s', 'X'].filter((title) => hasTitle(source, title));
  expect(missing).toEqual([]);
});

test('the variables that the threat model names are there', () => {
  const named = codeSpans(SECURITY.text).flatMap(
    (span) => /^([A-Z]+(?:_[A-Z]+)*)(?:=.*)?$/.exec(span)?.[1] ?? [],
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !VARIABLES.includes(name))).toEqual([]);
});
