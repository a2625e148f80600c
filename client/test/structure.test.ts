import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../service/test/support/server-process.ts';

const SRC = join(ROOT, 'client/src');
const GENERATED = 'api-types.ts';
const files = readdirSync(SRC).map((name) => {
  const text = readFileSync(join(SRC, name), 'utf8');
  const imports = [...text.matchAll(/\bfrom '([^']+)'/g)].map(([, imported = '']) => imported);
  return { name, text, imports };
});

test('the client imports its own files and openapi-fetch', () => {
  expect(files.length).toBeGreaterThan(10);
  const foreign = files.flatMap(({ imports }) => imports).filter((name) => !/^\.\/[\w-]+\.ts$/.test(name));
  expect([...new Set(foreign)]).toEqual(['openapi-fetch']);
});

test('no file of the client imports itself by a detour', () => {
  const importsOf = new Map(files.map(({ name, imports }) => [`./${name}`, imports]));
  const visit = (name: string, trail: readonly string[]): string[] =>
    trail.includes(name)
      ? [[...trail, name].join(' -> ')]
      : (importsOf.get(name) ?? []).flatMap((next) => visit(next, [...trail, name]));
  expect(files.flatMap(({ name }) => visit(`./${name}`, []))).toEqual([]);
});

test('files that are written by hand have at most 400 lines', () => {
  const long = files.filter(({ name, text }) => name !== GENERATED && text.split('\n').length > 400);
  expect(long.map(({ name }) => name)).toEqual([]);
});
