import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  bundleForBrowsers,
  CLIENT_LIMIT_BYTES,
  gzippedBytes,
  makeClientPackage,
} from '../../scripts/client-package.ts';
import { codeBlocks, readDocument, section } from '../../service/test/docs/markdown.ts';
import { LARGE, onlyWhenLarge } from '../../service/test/support/large.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { scratchFolder } from '../../service/test/support/scratch-folder.ts';
import { ROOT } from '../../service/test/support/server-process.ts';
import { SMALL_IMAGES } from '../../service/test/support/small-images.ts';

const run = promisify(execFile);
const server = LARGE ? useServer() : { url: '', count: async () => 0 };

/** A project that has installed the package as it would be published. */
let project = '';
let made = '';
let scratch: Awaited<ReturnType<typeof scratchFolder>> | undefined;

// The package is compiled, packed and type-checked in five processes; the client's other tests are over its source.
beforeEach(onlyWhenLarge);

beforeAll(async () => {
  if (!LARGE) return;
  scratch = await scratchFolder();
  made = join(scratch.path, 'made');
  project = join(scratch.path, 'project');
  await makeClientPackage(made);
  const installed = join(project, 'node_modules/@tintype/client');
  await mkdir(installed, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', scratch.path, made]);
  await run('tar', ['-xzf', join(scratch.path, stdout.trim()), '--strip-components=1', '-C', installed]);
  // Where `npm install` puts what the package, and this project, depend on.
  await mkdir(join(project, 'node_modules/@types'));
  for (const name of ['openapi-fetch', 'openapi-typescript-helpers', '@types/node']) {
    await symlink(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await writeFile(join(project, 'photo.jpg'), SMALL_IMAGES['image/jpeg'].bytes);
});
afterAll(() => scratch?.remove());

/** Checks the project's files as strictly as TypeScript can, with the types of its libraries. */
async function compile(module: 'nodenext' | 'preserve', ...files: readonly string[]): Promise<string> {
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
    module,
    types: ['node'],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    skipLibCheck: false,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = await run(process.execPath, [tsc, '-p', project]).catch((failed) => failed);
  return stdout + stderr;
}

async function runInProject(file: string): Promise<string> {
  const { stdout } = await run(process.execPath, [file], { cwd: project });
  return stdout;
}

/** An example of the README, asking the server of this suite. */
function example(heading: string): string {
  const [code = ''] = codeBlocks(section(readDocument('client/README.md'), heading), 'ts');
  expect(code).toContain('http://127.0.0.1:3000');
  return code.replace('http://127.0.0.1:3000', server.url);
}

describe('the package', () => {
  test('has what is published and nothing else, and depends on openapi-fetch alone', async () => {
    const manifest = JSON.parse(await readFile(join(made, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: '@tintype/client', license: 'Apache-2.0', type: 'module' });
    expect(manifest).not.toHaveProperty('private');
    expect(manifest.dependencies).toEqual({ 'openapi-fetch': '0.17.0' });
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', made]);
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const others = files.map(({ path }) => path).filter((path) => !/^[\w-]+\.(js|d\.ts)$/.test(path));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
  });

  test('is a bundle for browsers, with nothing of Node, and small', async () => {
    const bundle = await bundleForBrowsers(made);
    const text = new TextDecoder().decode(bundle);
    expect(text).toContain('createClient');
    expect(text).not.toMatch(/node:|\brequire\(|\bBuffer\b/);
    const imported = [...text.matchAll(/\bimport[^;'"]*['"]([^'"]+)['"]/g)].map(([, name]) => name);
    expect(imported.filter((name) => builtinModules.includes(name ?? ''))).toEqual([]);
    const size = gzippedBytes(bundle);
    process.stdout.write(`@tintype/client: ${size} bytes gzipped of ${CLIENT_LIMIT_BYTES}\n`);
    expect(size).toBeLessThanOrEqual(CLIENT_LIMIT_BYTES);
  });

  test.each(['nodenext', 'preserve'] as const)('has types that hold under module %s', async (module) => {
    await writeFile(
      join(project, 'typed.ts'),
      `import { createClient, type Image, type ImageSummary, TintypeError } from '@tintype/client';
       const tintype = createClient({ url: '' });
       export const stored: Promise<Image> = tintype.upload(new Blob([]), { user_id: 'alice', tags: ['bird'] });
       export const listed: AsyncIterableIterator<ImageSummary> = tintype.list({ tag: ['bird'], deleted: false });
       export const tagged: Promise<Image & { etag: string }> = tintype.view('x', { download: true });
       export const isFull = (error: unknown) => error instanceof TintypeError && error.code === 'quota_exceeded';
       // @ts-expect-error: there is no such field.
       tintype.update('x', { titel: 'misspelt' });
       // @ts-expect-error: nor is there such a path.
       tintype.api.GET('/pictures');
      `,
    );
    expect(await compile(module, 'typed.ts')).toBe('');
  });
});

describe('the examples of the README', () => {
  test('upload, find, show, change and delete in Node', async () => {
    await writeFile(join(project, 'example.ts'), example('Upload, find, show'));
    expect(await compile('nodenext', 'example.ts')).toBe('');
    const [found, signed, rendition, refused] = (await runInProject('example.ts')).trim().split('\n');
    expect(found).toMatch(/^[\da-f-]{36} An osprey$/);
    expect(signed).toContain(`${server.url}/objects/`);
    expect(rendition).toMatch(/\/renditions\?w=400&h=400&fit=cover&format=webp$/);
    expect(refused).toMatch(/has changed/);
    expect(await server.count()).toBe(0);
  });

  test('send a file of a page, with progress, and stop', async () => {
    await writeFile(join(project, 'page.ts'), example('In a page'));
    const jpeg = SMALL_IMAGES['image/jpeg'].bytes.toString('base64');
    await writeFile(
      join(project, 'user.ts'),
      `import { send } from './page.ts';
       globalThis.sessionStorage = { getItem: () => null } as unknown as Storage;
       const file = new File([Buffer.from('${jpeg}', 'base64')], 'photo.jpg');
       await send(file, (text) => console.log(text), new AbortController().signal);
       await send(file, (text) => console.log(text), AbortSignal.abort());
      `,
    );
    expect(await compile('preserve', 'page.ts')).toBe('');
    const shown = (await runInProject('user.ts')).trim().split('\n');
    expect(shown).toEqual(['0 %', '100 %', expect.stringMatching(/^http.*\/objects\//), 'Stopped.']);
  });
});
