import { execFileSync } from 'node:child_process';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** The most that the client may add to a page, with `openapi-fetch`, minified and gzipped. */
export const CLIENT_LIMIT_BYTES = 8_000;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const at = (path: string) => join(ROOT, path);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Makes the package as it is published, in a folder that is emptied first: modules, their types, and what says what it is. */
export async function makeClientPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const compile = [
    at('node_modules/typescript/bin/tsc'),
    '-p',
    at('client'),
    '--noEmit',
    'false',
    '--outDir',
    folder,
  ];
  execFileSync(process.execPath, compile, { stdio: 'inherit' });
  for (const name of await readdir(folder)) {
    if (name.endsWith('.d.ts')) await renameImports(join(folder, name));
  }
  const { name, version, description, license, dependencies } = JSON.parse(
    await readFile(at('client/package.json'), 'utf8'),
  ) as Manifest;
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    types: './index.d.ts',
    sideEffects: false,
    engines: { node: '>=20' },
    dependencies,
  };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await copyFile(at('client/README.md'), join(folder, 'README.md'));
  await copyFile(at('LICENSE'), join(folder, 'LICENSE'));
}

/** TypeScript renames imports in modules, and leaves them in their types. */
async function renameImports(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replaceAll(/(from|import\() ?'(\.\/[\w-]+)\.ts'/g, "$1 '$2.js'"));
}

/** All that a page loads for the client, as one minified module for browsers. @throws where something of it is Node's alone. */
export async function bundleForBrowsers(folder: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'index.js')],
    // Where the package's dependencies are found, wherever it lies.
    nodePaths: [at('node_modules')],
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error('There is no bundle.');
  return bundle.contents;
}

/** What of a bundle goes over the wire. */
export function gzippedBytes(bundle: Uint8Array): number {
  return gzipSync(bundle, { level: 9 }).length;
}
