import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeCodeCaches, STAGE_ENVIRONMENT } from '../../../scripts/code-caches.ts';
import { bundleFunction } from '../../../scripts/function-bundle.ts';
import { sealCache } from '../../src/entry/lambda-start/code-cache.ts';
import { type FunctionToRun, startFunction } from '../support/function-process.ts';
import { restEvent } from '../support/gateway-events.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { ROOT } from '../support/server-process.ts';

const BUILT = 'view-image';

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let built: string;

beforeAll(async () => {
  scratch = await scratchFolder();
  built = join(scratch.path, BUILT);
  await bundleFunction(BUILT, built);
  await makeCodeCaches([built]);
  return () => scratch[Symbol.asyncDispose]();
});

const toRun = (folder: string, env: Readonly<Record<string, string>> = {}): FunctionToRun => ({
  name: BUILT,
  folder,
  env: { ...STAGE_ENVIRONMENT, ...env },
  memoryMb: 512,
  timeoutSeconds: 10,
});

/** Starts the function of a folder and has it refuse a caller. @returns what it has said of its start. */
async function startOf(folder: string, env?: Readonly<Record<string, string>>): Promise<object[]> {
  const running = await startFunction(toRun(folder, env));
  onTestFinished(() => running.stop());
  const answer = await running.invoke(restEvent({ method: 'GET', path: '/images/some' }));
  expect(answer).toMatchObject({ statusCode: 401 });
  const lines = running
    .printed()
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line)).filter((line) => 'code_cache' in line);
}

/** The same function with another cache. */
async function withCache(change: (kept: Buffer, source: Buffer) => Buffer): Promise<string> {
  const place = await scratchFolder();
  onTestFinished(() => place[Symbol.asyncDispose]());
  const folder = join(place.path, BUILT);
  await cp(built, folder, { recursive: true });
  const source = await readFile(join(folder, 'function.js'));
  await writeFile(
    join(folder, 'function.cache'),
    change(await readFile(join(folder, 'function.cache')), source),
  );
  return folder;
}

describe('a built function', () => {
  test('starts with what was compiled of it before, and says nothing of it', async () => {
    expect(await startOf(built)).toEqual([]);
  });

  test('does so with the options that Lambda sets by the memory of a function', async () => {
    const NODE_OPTIONS = '--enable-source-maps --max-semi-space-size=12 --max-old-space-size=230';
    expect(await startOf(built, { NODE_OPTIONS })).toEqual([]);
  });

  test.each<[string, (kept: Buffer, source: Buffer) => Buffer]>([
    ['of garbage', () => Buffer.alloc(50_000, 'garbage\n')],
    ['of nothing', () => Buffer.alloc(0)],
    ['cut short', (kept) => kept.subarray(0, kept.length / 2)],
    ['damaged', (kept) => kept.fill(90, 50_000, 50_100)],
    ['of garbage, rightly sealed', (_, source) => sealCache(Buffer.alloc(50_000, 'garbage\n'), source)],
    ['of another code', (kept, source) => sealCache(kept, Buffer.concat([source, Buffer.from(' ')]))],
    [
      'of another Node',
      (kept) => Buffer.from(kept.toString('latin1').replace(/\nv[\d.]+ /, '\nv24.0.1 '), 'latin1'),
    ],
  ])('starts as well with a cache %s, and says so', async (_, change) => {
    expect(await startOf(await withCache(change))).toEqual([
      expect.objectContaining({ level: 40, code_cache: 'refused', node: process.version }),
    ]);
  });

  test('starts as well under options for which V8 refuses its cache, and says so', async () => {
    expect(await startOf(built, { NODE_OPTIONS: '--stack-trace-limit=20' })).toEqual([
      expect.objectContaining({ level: 40, code_cache: 'refused' }),
    ]);
  });

  test('starts with what the Node that is named has compiled, under the options that it has there', async () => {
    const folder = await withCache((kept) => kept);
    await makeCodeCaches([folder], [process.execPath, '--stack-trace-limit=20']);
    expect(await startOf(folder, { NODE_OPTIONS: '--stack-trace-limit=20' })).toEqual([]);
    expect(await startOf(folder)).toEqual([expect.objectContaining({ code_cache: 'refused' })]);
  });

  test('starts as well without a cache, and says so', async () => {
    const folder = await withCache((kept) => kept);
    await rm(join(folder, 'function.cache'));
    expect(await startOf(folder)).toEqual([expect.objectContaining({ level: 30, code_cache: 'none' })]);
  });

  test('says so only where its log has that level', async () => {
    const folder = await withCache(() => Buffer.alloc(0));
    expect(await startOf(folder, { LOG_LEVEL: 'error' })).toEqual([]);
  });

  test('names the places of the sources in stacks, where Node is asked for it', async () => {
    const folder = join(ROOT, 'build', `.places-${process.pid}`);
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await bundleFunction(BUILT, join(folder, BUILT));
    const source = 'service/src/compose/lambda.ts';
    const lines = (await readFile(join(ROOT, source), 'utf8')).split('\n');
    const line = lines.findIndex((text) => text.includes('STORAGE must be aws')) + 1;
    const started = startFunction(
      toRun(join(folder, BUILT), {
        NODE_OPTIONS: '--enable-source-maps',
        STORAGE: 'embedded',
        SIGNING_SECRET: '',
      }),
    );
    await expect(started).rejects.toThrow(`${join(ROOT, source)}:${line}:`);
  });
});
