import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from '../support/server-process.ts';

/** A document of this repository; `path` is relative to its root. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

export function readDocument(path: string): Document {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** Folders below the root where documents lie; the root itself has some, too. */
const FOLDERS = ['docs', 'service', 'client', 'scripts', '.ci'];

/** Every Markdown file that is ours. */
export function allDocuments(): Document[] {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  return [...readdirSync(ROOT), ...below]
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map(readDocument);
}

/** The text of the section under a heading, up to the next heading of any level. */
export function section({ path, text }: Document, heading: string): string {
  const [, rest] = text.split(new RegExp(`^#+ ${heading}$`, 'm'));
  if (rest === undefined) throw new Error(`${path} has no section "${heading}".`);
  return rest.split(/^#+ /m)[0] ?? '';
}

/** The contents of the fenced blocks of a language. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , code = '']) => code);
}

/** The text between backticks, outside of fenced blocks. */
export function codeSpans(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** The rows of the tables, without their headings, as cells. */
export function tableRows(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  return lines
    .filter((line, at) => !isRule(line) && !isRule(lines[at + 1] ?? ''))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function isRule(line: string): boolean {
  return /^[|:\s-]+$/.test(line) && line.includes('-');
}

/** Expects that what a script printed has these parts, in this order. */
export function expectInOrder(text: string, parts: readonly string[]): void {
  let at = 0;
  for (const part of parts) {
    at = text.indexOf(part, at);
    expect(at, `${part} in ${text}`).not.toBe(-1);
  }
}
