import fs from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, MIB } from '../../../../test/support/stored-bytes.ts';
import { openFile } from './open-file.ts';

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

async function opened(folder: string, size: number) {
  const path = join(folder, 'file');
  await writeFile(path, bytesOf(size));
  const file = await openFile(path);
  if (!file) throw new Error('There is no file.');
  return { file, path };
}

test('a small file is opened, read and closed with two turns of a thread, whatever else is asked of it', async () => {
  await using folder = await scratchFolder();
  const turns = (['open', 'read', 'fstat', 'close'] as const).map((name) => vi.spyOn(fs, name));
  syncBuiltinESMExports();
  const { file } = await opened(folder.path, 100_000);
  const before = turns.map(({ mock }) => mock.calls.length);
  const again = await openFile(join(folder.path, 'file'));
  expect(await again?.read(0, 100_000)).toHaveLength(100_000);
  await again?.close();
  expect(turns.map(({ mock }, at) => mock.calls.length - (before[at] ?? 0))).toEqual([1, 1, 0, 0]);
  await file.close();
});

test('reads into memory that it is given, as much as was asked for', async () => {
  await using folder = await scratchFolder();
  const { file } = await opened(folder.path, 1000);
  const memory = Buffer.alloc(4096, 255);
  const bytes = await file.read(100, 300, memory);
  expect(bytes.buffer).toBe(memory.buffer);
  expect(Buffer.from(bytes).equals(bytesOf(1000).subarray(100, 300))).toBe(true);
  expect(memory.subarray(200).every((byte) => byte === 255)).toBe(true);
  await file.close();
});

test.each([1000, 2 * MIB])(
  'of %d bytes, that is closed while it is read: the read is right, and later ones fail',
  async (size) => {
    await using folder = await scratchFolder();
    const { file, path } = await opened(folder.path, size);
    await rm(path);
    const reading = file.read(0, size);
    const closing = file.close();
    expect(Buffer.from(await reading).equals(bytesOf(size))).toBe(true);
    await closing;
    await file.close();
    await expect(file.read(0, 10)).rejects.toMatchObject({ code: 'unavailable' });
  },
);
