import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/server-process.ts';
import { allDocuments, codeSpans, type Document, readDocument, section, tableRows } from './markdown.ts';

const documents = allDocuments();

/** The targets of a document's links that lead into this repository. */
function linkedPaths({ text }: Document): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => target.split('#')[0] ?? '')
    .filter((target) => target !== '');
}

const PATH = /^(?:service|client|docs|scripts|\.ci)\/[\w./-]+$/;

/** What scripts make, and a fresh clone does not have. */
const MADE = /^\w+\/dist$/;

describe('the documents', () => {
  test('their links within the repository lead to something that is there', () => {
    const links = documents.flatMap((document) =>
      linkedPaths(document).map((target) => ({ from: document.path, target })),
    );
    expect(links.length).toBeGreaterThan(10);
    const broken = links.filter(({ from, target }) => !existsSync(join(ROOT, dirname(from), target)));
    expect(broken).toEqual([]);
  });

  test('the files and folders that they name exist', () => {
    const named = documents.flatMap((document) =>
      codeSpans(document.text)
        .filter((code) => PATH.test(code) && !MADE.test(code))
        .map((path) => ({ in: document.path, path })),
    );
    expect(named.filter((name) => name.in === 'CONTRIBUTING.md').length).toBeGreaterThan(15);
    expect(named.filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test("the scripts that they name are npm's", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = documents.flatMap(({ text }) => [
      ...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g),
    ]);
    const names = new Set(named.map(([, ran, own]) => ran ?? own));
    expect(names).toContain('check');
    expect([...names].filter((name) => name === undefined || !(name in scripts))).toEqual([]);
  });

  test('the layout has a row for every folder of the service', () => {
    const rows = tableRows(section(readDocument('CONTRIBUTING.md'), 'The layout'));
    const folders = readdirSync(join(ROOT, 'service/src')).map((name) => `\`service/src/${name}/\``);
    expect(rows.map(([folder]) => folder).sort()).toEqual(folders.sort());
  });

  test('the dependencies that service, client and gallery run on are those that a decision accounts for', () => {
    const [path = ''] = documents.map((document) => document.path).filter((name) => name.includes('/0003-'));
    const accounted = tableRows(readDocument(path).text).map(([name = '']) => name.replaceAll('`', ''));
    const dependencies = ['service', 'client', 'web'].flatMap((workspace) => {
      const manifest = JSON.parse(readFileSync(join(ROOT, workspace, 'package.json'), 'utf8')) as {
        dependencies: Record<string, string>;
      };
      return Object.keys(manifest.dependencies).filter((name) => !name.startsWith('@tintype/'));
    });
    expect(accounted.sort()).toEqual([...new Set(dependencies)].sort());
  });

  test('decisions are numbered without a gap, and say context, decision and consequences', () => {
    const decisions = documents.filter(({ path }) => path.startsWith('docs/decisions/'));
    const numbers = decisions.map(({ path }) => /\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]).sort();
    expect(numbers).toEqual(decisions.map((_, at) => String(at + 1).padStart(4, '0')));
    for (const decision of decisions) {
      const headings = [...decision.text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
      expect(headings[0], decision.path).toMatch(/^\d{4}: /);
      expect(decision.path).toContain(`/${headings[0]?.slice(0, 4)}-`);
      expect(headings.slice(1), decision.path).toEqual(['Context', 'Decision', 'Consequences']);
    }
  });
});
