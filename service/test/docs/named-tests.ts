import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/server-process.ts';

/** A test, as documents name it: `path`: "title". */
export interface NamedTest {
  readonly path: string;
  readonly title: string;
}

const NAMED = /`([\w./-]+\.ts)`: "([^"]+)"/g;

export function namedTests(markdown: string): NamedTest[] {
  return [...markdown.matchAll(NAMED)].map(([, path = '', title = '']) => ({ path, title }));
}

/** Whether the file is there, and has a test, a suite or a case of exactly that title. */
export function isThere({ path, title }: NamedTest): boolean {
  const file = join(ROOT, path);
  return existsSync(file) && hasTitle(readFileSync(file, 'utf8'), title);
}

/** A title is the first argument of a call, or the name of a case in a table. */
export function hasTitle(source: string, title: string): boolean {
  const quoted = ["'", '"', '`'].map((quote) => {
    const text = title.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`);
    return quote + text + quote;
  });
  return quoted.some((text) => {
    const literal = text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`\\(\\s*${literal}\\s*,|^\\s*${literal}:`, 'm').test(source);
  });
}
