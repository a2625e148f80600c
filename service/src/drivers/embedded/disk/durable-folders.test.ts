import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { DurableFolders, syncFolder } from './durable-folders.ts';

/** The folders that were synced, and what a sync of one has to wait for. */
const synced: string[] = [];
const begun: string[] = [];
const opened: string[] = [];
const gates = new Map<string, Promise<void>>();

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof original.open = async (path, ...rest) => {
    const file = await original.open(path, ...rest);
    opened.push(String(path));
    const sync = file.sync.bind(file);
    file.sync = async () => {
      begun.push(String(path));
      await gates.get(String(path));
      await sync();
      synced.push(String(path));
    };
    return file;
  };
  return { ...original, open };
});

afterEach(() => {
  synced.length = 0;
  begun.length = 0;
  opened.length = 0;
  gates.clear();
});

function gateAt(path: string): () => void {
  const gate = Promise.withResolvers<void>();
  gates.set(path, gate.promise);
  return gate.resolve;
}

/** Lets everything run that waits for no gate: what was asked of the disk before comes back before. */
async function untilQuiet(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await stat('.');
}

const isFolder = async (path: string) => (await stat(path)).isDirectory();

describe('making folders', () => {
  test('makes them one in the other, for this user alone, and syncs each in the one above it', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'a', 'b', 'c');
    await new DurableFolders().make(path);
    expect(await isFolder(path)).toBe(true);
    for (const made of ['a', 'a/b', 'a/b/c']) {
      expect((await stat(join(folder.path, made))).mode & 0o777).toBe(0o700);
    }
    const expected = [folder.path, join(folder.path, 'a'), join(folder.path, 'a', 'b')];
    expect([...synced].sort()).toEqual(expected);
  });

  test('that are there already is fine', async () => {
    await using folder = await scratchFolder();
    await new DurableFolders().make(folder.path);
    const folders = new DurableFolders();
    await folders.make(join(folder.path, 'a'));
    await folders.make(join(folder.path, 'a'));
    expect(await isFolder(join(folder.path, 'a'))).toBe(true);
  });

  test('where a file is in the way fails', async () => {
    await using folder = await scratchFolder();
    await writeFile(join(folder.path, 'file'), '');
    const folders = new DurableFolders();
    await expect(folders.make(join(folder.path, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(folders.make(join(folder.path, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await rm(join(folder.path, 'file'));
    await folders.make(join(folder.path, 'file', 'a'));
    expect(await isFolder(join(folder.path, 'file', 'a'))).toBe(true);
  });

  test('is done once for many who ask at the same time', async () => {
    await using folder = await scratchFolder();
    const folders = new DurableFolders();
    const paths = Array.from({ length: 20 }, () => join(folder.path, 'a', 'b'));
    await Promise.all(paths.map((path) => folders.make(path)));
    expect(await isFolder(join(folder.path, 'a', 'b'))).toBe(true);
    expect(synced).toHaveLength(2);
  });

  test('side by side: nobody is done before the folder above, which both needed, is durable', async () => {
    await using folder = await scratchFolder();
    const folders = new DurableFolders();
    const open = gateAt(folder.path);
    const done: string[] = [];
    const first = folders.make(join(folder.path, 'above', 'one')).then(() => done.push('one'));
    await vi.waitUntil(() => begun.includes(folder.path), 10_000);
    const second = folders.make(join(folder.path, 'above', 'two')).then(() => done.push('two'));
    await vi.waitUntil(() => synced.includes(join(folder.path, 'above')), 10_000);
    await untilQuiet();
    expect(await isFolder(join(folder.path, 'above'))).toBe(true);
    expect(done).toEqual([]);
    open();
    await Promise.all([first, second]);
    expect(await isFolder(join(folder.path, 'above', 'two'))).toBe(true);
  });
});

describe('syncing folders', () => {
  test('is shared: who asks while one is running shares the next, which starts after', async () => {
    await using folder = await scratchFolder();
    const folders = new DurableFolders();
    const open = gateAt(folder.path);
    const done: number[] = [];
    const first = folders.sync(folder.path).then(() => done.push(0));
    await vi.waitUntil(() => begun.length === 1, 10_000);
    const rest = Array.from({ length: 10 }, (_, n) => folders.sync(folder.path).then(() => done.push(n + 1)));
    await untilQuiet();
    expect([begun.length, done]).toEqual([1, []]);
    open();
    await Promise.all([first, ...rest]);
    expect(begun).toEqual([folder.path, folder.path]);
    expect(done[0]).toBe(0);
    await folders.sync(folder.path);
    expect(begun).toHaveLength(3);
  });

  test('of one folder does not wait for another', async () => {
    await using folder = await scratchFolder();
    await mkdir(join(folder.path, 'a'));
    const folders = new DurableFolders();
    const open = gateAt(folder.path);
    const first = folders.sync(folder.path);
    await folders.sync(join(folder.path, 'a'));
    expect(synced).toEqual([join(folder.path, 'a')]);
    open();
    await first;
  });

  test('waits for the folder itself to be durable in the one above it', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'a');
    const folders = new DurableFolders();
    const open = gateAt(folder.path);
    const making = folders.make(path);
    await vi.waitUntil(() => begun.includes(folder.path), 10_000);
    let done = false;
    const syncing = folders.sync(path).then(() => {
      done = true;
    });
    await untilQuiet();
    expect(done).toBe(false);
    open();
    await Promise.all([making, syncing]);
    expect(synced).toEqual([folder.path, path]);
  });

  test('that fails fails those who waited for it, and no one later', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'later');
    const folders = new DurableFolders();
    await expect(syncFolder(path)).rejects.toMatchObject({ code: 'ENOENT' });
    const failing = await Promise.allSettled([folders.sync(path), folders.sync(path), folders.sync(path)]);
    expect(failing.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await mkdir(path);
    await expect(folders.sync(path)).resolves.toBeUndefined();
  });

  test('the failure of one that is running is not that of the next', async () => {
    await using folder = await scratchFolder();
    const folders = new DurableFolders();
    const gate = Promise.withResolvers<void>();
    gates.set(folder.path, gate.promise);
    const failing = folders.sync(folder.path);
    await vi.waitUntil(() => begun.length === 1, 10_000);
    const next = folders.sync(folder.path);
    gate.reject(new Error('the disk did not answer'));
    await expect(failing).rejects.toThrow('the disk did not answer');
    gates.clear();
    await expect(next).resolves.toBeUndefined();
    expect(synced).toEqual([folder.path]);
  });
});

test('a folder that was removed and made again is another one: its own entries are synced', async () => {
  await using folder = await scratchFolder();
  const path = join(folder.path, 'a');
  const folders = new DurableFolders();
  await folders.make(path);
  await folders.sync(path);
  await rm(path, { recursive: true });
  await folders.make(path);
  begun.length = 0;
  opened.length = 0;
  await folders.sync(path);
  expect([opened, begun]).toEqual([[path], [path]]);
});
