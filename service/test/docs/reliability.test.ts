import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/server-process.ts';
import { readDocument, section, tableRows } from './markdown.ts';
import { isThere, namedTests } from './named-tests.ts';

const PAGE = readDocument('docs/reliability.md');

describe('the page on reliability', () => {
  test('names tests that are there for all that it promises', () => {
    const rows = tableRows(section(PAGE, 'How it is tested'));
    expect(rows.length).toBeGreaterThan(8);
    for (const [promise = '', tests = ''] of rows)
      expect(namedTests(tests).length, promise).toBeGreaterThan(0);
    expect(namedTests(PAGE.text).filter((one) => !isThere(one))).toEqual([]);
  });

  test('has a row of figures for each part of the torture', () => {
    const parts = globSync('service/test/torture/*.test.ts', { cwd: ROOT }).map((path) =>
      basename(path, '.test.ts'),
    );
    const rows = tableRows(section(PAGE, 'The last run')).map(([part = '']) => part.replaceAll('`', ''));
    expect(rows.toSorted()).toEqual(parts.toSorted());
  });
});
