import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sealCache } from '../../service/src/entry/lambda-start/code-cache.ts';
import { hashOf } from '../src/function-code.ts';

const SOURCE = Buffer.from('(function(){})');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tintype-code-'));
  await writeFile(join(folder, 'function.js'), SOURCE);
});

afterEach(() => rm(folder, { recursive: true }));

const withCache = async (compiled: string, node?: string) => {
  const kept = sealCache(Buffer.from(compiled), SOURCE);
  const text = node === undefined ? kept.toString() : kept.toString().replace(process.version, node);
  await writeFile(join(folder, 'function.cache'), text);
  return hashOf(folder);
};

describe('the code of a function changes', () => {
  test('with its files', async () => {
    const before = hashOf(folder);
    expect(hashOf(folder)).toBe(before);
    await writeFile(join(folder, 'function.js'), '(function(){ })');
    expect(hashOf(folder)).not.toBe(before);
  });

  test('with the Node that it was compiled for, and not with each time that it was', async () => {
    const without = hashOf(folder);
    const first = await withCache('one\ntime');
    expect(first).not.toBe(without);
    expect(await withCache('another\ntime')).toBe(first);
    expect(await withCache('one\ntime', 'v24.99.0')).not.toBe(first);
  });
});
