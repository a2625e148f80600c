import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BACKGROUND, FUNCTIONS, OPERATIONS } from '../src/operations/manifest.ts';
import { SHARED } from './support/shared-workers.ts';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** What each folder may import of the others. A folder may always import from itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ports: ['domain'],
  operations: ['ports', 'domain'],
  http: ['operations', 'ports', 'domain'],
  drivers: ['ports', 'domain'],
  config: ['domain'],
  compose: ['drivers', 'http', 'operations', 'ports', 'domain', 'config'],
  entry: ['compose', 'config', 'http', 'operations', 'ports', 'domain'],
};

interface SourceFile {
  /** Relative to `src`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const IMPORT =
  /(?:^|\s)(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|new URL\(\s*'([^']+\.ts)'/g;

const importsOf = (text: string) => [...text.matchAll(IMPORT)].map(([, a, b, c]) => a ?? b ?? c ?? '');

function sourceFiles(): SourceFile[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => {
      const text = readFileSync(join(SRC, path), 'utf8');
      return { path, text, imports: importsOf(text) };
    });
}

const files = sourceFiles();
const layerOf = (path: string) => path.split('/')[0] ?? '';
const resolved = (file: SourceFile) =>
  file.imports
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(SRC, join(SRC, dirname(file.path), name)));
/** The file with the imports that there are at run time. */
const withoutTypes = (file: SourceFile): SourceFile => {
  const text = file.text.replaceAll(/^(?:import|export) type [^;]*;$/gm, '');
  return { ...file, text, imports: importsOf(text) };
};
const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

describe('the structure of the service', () => {
  test('the rules are held against real files and real imports', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap(resolved).length).toBeGreaterThan(100);
    expect(new Set(files.map(({ path }) => layerOf(path)))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  });

  test('imports run one way', () => {
    const wrong = files.flatMap((file) =>
      resolved(file)
        .filter((target) => {
          const [from, to] = [layerOf(file.path), layerOf(target)];
          return from !== to && !MAY_IMPORT[from]?.includes(to);
        })
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every relative import leads to a file', () => {
    const known = new Set(files.map(({ path }) => path));
    const missing = files.flatMap((file) => resolved(file).filter((target) => !known.has(target)));
    expect(missing).toEqual([]);
  });

  test('no file imports itself by a detour', () => {
    const imports = new Map(files.map((file) => [file.path, resolved(file)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      if (done.has(path) || trail.includes(path)) return;
      for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const { path } of files) visit(path, []);
    expect(cycles).toEqual([]);
  });

  test('drivers of one technology know nothing of another', () => {
    const driverOf = (path: string) => path.split('/').slice(0, 2).join('/');
    const wrong = files
      .filter(({ path }) => layerOf(path) === 'drivers')
      .flatMap((file) =>
        resolved(file)
          .filter((target) => layerOf(target) === 'drivers' && driverOf(target) !== driverOf(file.path))
          .map((target) => `${file.path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test.each([
    ['process.env is read in config/ only', /process\.env/, /^config\//],
    [
      'the AWS SDK is used in drivers/aws/ and drivers/opensearch/ only',
      /@aws-sdk|@smithy/,
      /^drivers\/(aws|opensearch)\//,
    ],
    ['tokens are verified and made in drivers/jose/ only', /from 'jose'/, /^drivers\/jose\//],
    ['SQLite is used in drivers/embedded/ only', /node:sqlite/, /^drivers\/embedded\//],
    ['HTTP statuses are known in http/ only', /\bstatus(Code)?: [1-5]\d\d\b|, [1-5]\d\d\)/, /^http\//],
    ['Hono is used in http/ and entry/ only', /from '(@hono\/[\w-]+|hono)/, /^(http|entry)\//],
  ])('%s', (_rule, pattern, allowed) => {
    const places = files.filter(({ text }) => pattern.test(withoutComments(text))).map(({ path }) => path);
    expect(places.filter((path) => !allowed.test(path))).toEqual([]);
  });

  test.each(['writer-worker', 'search-worker'])(
    'the thread of %s loads no zod: that took longer than all else of its start',
    (name) => {
      const loads = new Map(files.map((file) => [file.path, resolved(withoutTypes(file))]));
      const loaded = new Set([`drivers/embedded/sqlite/${name}.ts`]);
      for (const path of loaded) for (const next of loads.get(path) ?? []) loaded.add(next);
      expect(loaded.size).toBeGreaterThan(5);
      const texts = files.filter(({ path }) => loaded.has(path));
      expect(texts).toHaveLength(loaded.size);
      expect(texts.filter(({ text }) => /from 'zod'/.test(text)).map(({ path }) => path)).toEqual([]);
    },
  );

  test('files have at most 400 lines', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  test.each(OPERATIONS.map(({ name }) => name))(
    '%s has an operation file and a route file of its name',
    (name) => {
      const known = new Set(files.map(({ path }) => path));
      expect(known).toContain(`operations/${name}.ts`);
      expect(known).toContain(`http/routes/${name}.ts`);
    },
  );

  test.each(BACKGROUND.map(({ name }) => name))('%s has a file of its name among the jobs', (name) => {
    expect(files.map(({ path }) => path)).toContain(`operations/background/${name}.ts`);
  });

  test.each(FUNCTIONS.map(({ name }) => name))('%s has a Lambda entry of its name', (name) => {
    expect(files.map(({ path }) => path)).toContain(`entry/lambda/${name}.ts`);
  });
});

/** Of the other parts of the project, the files of source, by their paths from its root. */
function sourcesOf(folders: readonly string[]): { readonly path: string; readonly text: string }[] {
  const root = join(SRC, '../..');
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(folder, path),
      ),
    )
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

describe('the structure around the service', () => {
  test('files have at most 400 lines', () => {
    const files = sourcesOf(['bench', 'cli/src', 'infra/src', 'scripts', 'web/src']);
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path)).toEqual([]);
  });

  test('the gallery knows the API by the client alone', () => {
    const files = sourcesOf(['web/src']).filter(({ text }) =>
      /from '[^']*(?:service|cli|infra)\/src\//.test(text),
    );
    expect(files.map(({ path }) => path)).toEqual([]);
  });
});

test('files that share a worker put nothing into its modules, its clock or its environment', () => {
  const cwd = join(SRC, '../..');
  const shared = globSync(SHARED.include, { cwd, exclude: SHARED.exclude });
  expect(shared.length).toBeGreaterThan(250);
  const puts =
    /\bvi\.(?:mock|doMock|useFakeTimers|stub\w+)\(|syncBuiltinESMExports|\/(?:running-server|scanner-over-fake)\.ts'/;
  // The gallery's have nothing beside them that waits.
  const beside = shared.filter((path) => !path.startsWith('web/'));
  expect(beside.filter((path) => puts.test(readFileSync(join(cwd, path), 'utf8')))).toEqual([]);
});

test('what only the large run does is in files that it runs', () => {
  const ROOT = join(SRC, '../..');
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [, named = ''] = scripts['test:large']?.split(' -- ') ?? [];
  const asks = /^import \{[^}]*\b(onlyWhenLarge|DIVIDED_HOMES|LARGE)\b[^}]*\} from/m;
  const divided = globSync('{service,client,cli}/{src,test}/**/*.test.ts', { cwd: ROOT }).filter((path) =>
    asks.test(readFileSync(join(ROOT, path), 'utf8')),
  );
  expect(divided.length).toBeGreaterThan(30);
  expect(divided.filter((path) => !named.split(' ').some((part) => path.includes(part)))).toEqual([]);
});
