import fs from 'node:fs';
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, MIB, newKey, propertiesOf, written } from '../../../../test/support/stored-bytes.ts';
import { newImageId } from '../../../domain/image-id.ts';
import { renditionObjectKey } from '../../../domain/object-key.ts';
import { createSigner } from '../../../domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk-object-store.ts';

/** What every open file does, so that a test can let it go wrong. */
async function openFiles(): Promise<FileHandle> {
  const file = await open(import.meta.filename, 'r');
  await file.close();
  return Object.getPrototypeOf(file) as FileHandle;
}

const systemError = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code });

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

async function openStore(folder: string): Promise<DiskObjectStore> {
  await prepareObjectFolders(folder);
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  return new DiskObjectStore({ folder, publicUrl: 'http://127.0.0.1:3000', signer });
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

const SIZES = [
  ['small', 1000],
  ['large', 2 * MIB],
] as const;

const FAILURES = SIZES.flatMap(([what, size]) => [
  [what, size, 'ENOSPC', 'insufficient_storage'] as const,
  [what, size, 'EDQUOT', 'insufficient_storage'] as const,
  [what, size, 'EIO', 'unavailable'] as const,
  [what, size, 'EROFS', 'unavailable'] as const,
]);

describe('a disk that fails', () => {
  test.each(FAILURES)(
    'a %s draft (%i bytes) whose write ends with %s is %s, and leaves nothing',
    async (_what, size, code, meaning) => {
      await using folder = await scratchFolder();
      const store = await openStore(folder.path);
      const files = await openFiles();
      const error = systemError(code);
      vi.spyOn(files, 'writev').mockRejectedValue(error);
      const draft = await store.begin();
      const writing = draft
        .write(bytesOf(size))
        .then(() => draft.commit(newKey(), propertiesOf(bytesOf(size))));
      await expect(writing).rejects.toMatchObject({ code: meaning, cause: error });
      vi.restoreAllMocks();
      await draft.discard();
      expect(await filesIn(folder.path)).toEqual([]);
    },
  );

  test.each(SIZES)(
    'a %s draft that cannot be synced is not committed, and leaves nothing',
    async (_what, size) => {
      await using folder = await scratchFolder();
      const store = await openStore(folder.path);
      const files = await openFiles();
      vi.spyOn(files, 'datasync').mockRejectedValueOnce(systemError('EIO'));
      const draft = await written(store, bytesOf(size));
      const committing = draft.commit(newKey(), propertiesOf(bytesOf(size)));
      await expect(committing).rejects.toMatchObject({ code: 'unavailable' });
      await draft.discard();
      await draft.discard();
      expect(await filesIn(folder.path)).toEqual([]);
    },
  );

  test.each(SIZES)(
    'a %s draft whose folder cannot be synced is not committed, and leaves nothing',
    async (_what, size) => {
      await using folder = await scratchFolder();
      const store = await openStore(folder.path);
      const files = await openFiles();
      // Its user's folder is there and durable already.
      const before = newKey();
      await (await written(store, bytesOf(1))).commit(before, propertiesOf(bytesOf(1)));
      const sync = vi.spyOn(files, 'sync').mockRejectedValueOnce(systemError('EIO'));
      const draft = await written(store, bytesOf(size));
      const committing = draft.commit(newKey(), propertiesOf(bytesOf(size)));
      await expect(committing).rejects.toMatchObject({ code: 'unavailable' });
      expect(sync).toHaveBeenCalledTimes(1);
      await draft.discard();
      expect(await filesIn(folder.path)).toEqual([before.slice('alice/'.length)]);
    },
  );
});

describe('what a commit waits for', () => {
  test.each(SIZES)('a %s draft: its bytes are synced, then its folder', async (_what, size) => {
    await using folder = await scratchFolder();
    const store = await openStore(folder.path);
    const files = await openFiles();
    const steps: string[] = [];
    const { datasync, sync } = files;
    vi.spyOn(files, 'datasync').mockImplementation(async function (this: FileHandle) {
      const { size: length } = await this.stat();
      await datasync.call(this);
      steps.push(`bytes ${length}`);
    });
    vi.spyOn(files, 'sync').mockImplementation(async function (this: FileHandle) {
      await sync.call(this);
      steps.push('folder');
    });
    const draft = await written(store, bytesOf(size));
    await draft.commit(newKey(), propertiesOf(bytesOf(size)));
    expect(steps.filter((step) => step.startsWith('bytes'))).toEqual([`bytes ${size}`]);
    // The user's folder in the folder of all objects, then the file in the user's folder.
    expect(steps.filter((step) => step === 'folder')).toHaveLength(2);
    expect(steps.at(-1)).toBe('folder');
  });

  test.each(SIZES)('a %s draft: a write that the system cuts short is gone on with', async (_what, size) => {
    await using folder = await scratchFolder();
    const store = await openStore(folder.path);
    const files = await openFiles();
    const { write } = files;
    const short = vi.spyOn(files, 'writev').mockImplementation(async function (this: FileHandle, buffers) {
      const [first] = buffers as readonly Uint8Array[];
      const { bytesWritten } = await this.write(first ?? new Uint8Array(), 0, 100);
      return { bytesWritten, buffers };
    });
    vi.spyOn(files, 'write').mockImplementation(function (this: FileHandle, ...args: unknown[]) {
      const [buffer, offset, length] = args as [Uint8Array, number, number];
      return Reflect.apply(write, this, [buffer, offset, Math.min(length, 400_000)]);
    });
    const key = newKey();
    const bytes = bytesOf(size);
    const draft = await written(store, bytes, size === 1000 ? 333 : 64 * 1024);
    await draft.commit(key, propertiesOf(bytes));
    expect(short).toHaveBeenCalled();
    vi.restoreAllMocks();
    expect((await readFile(join(folder.path, 'objects', key))).equals(bytes)).toBe(true);
  });
});

test.each(SIZES)(
  'a %s draft that is discarded again takes nothing of what came after it',
  async (_what, size) => {
    await using folder = await scratchFolder();
    const store = await openStore(folder.path);
    const key = newKey();
    const failing = await written(store, bytesOf(size));
    vi.spyOn(await openFiles(), 'sync').mockRejectedValue(systemError('EIO'));
    await expect(failing.commit(key, propertiesOf(bytesOf(size)))).rejects.toMatchObject({
      code: 'unavailable',
    });
    vi.restoreAllMocks();
    await failing.discard();
    const draft = await written(store, bytesOf(10));
    await draft.commit(key, propertiesOf(bytesOf(10)));
    await failing.discard();
    await draft.discard();
    expect(await filesIn(folder.path)).toEqual([key.slice('alice/'.length)]);
  },
);

test('a deletion is done when its folder is synced, and fails when that does', async () => {
  await using folder = await scratchFolder();
  const store = await openStore(folder.path);
  const key = newKey();
  const draft = await written(store, bytesOf(10));
  await draft.commit(key, propertiesOf(bytesOf(10)));
  const files = await openFiles();
  const sync = vi.spyOn(files, 'sync').mockRejectedValueOnce(systemError('EIO'));
  await expect(store.delete(key)).rejects.toMatchObject({ code: 'unavailable' });
  expect(sync).toHaveBeenCalledTimes(1);
  await store.delete(key);
  expect(await filesIn(folder.path)).toEqual([]);
});

test('a file that has become shorter than it was is a failure, not a short answer', async () => {
  await using folder = await scratchFolder();
  const store = await openStore(folder.path);
  const key = newKey();
  const draft = await written(store, bytesOf(1000));
  await draft.commit(key, propertiesOf(bytesOf(1000)));
  const object = await store.open(key);
  const file = await open(join(folder.path, 'objects', key), 'r+');
  await file.truncate(500);
  await file.close();
  await expect(object?.read(0, 1000)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(object?.read(0, 500)).resolves.toHaveLength(500);
  await object?.close();
});

test('a read that fails is unavailable, with its cause', async () => {
  await using folder = await scratchFolder();
  const store = await openStore(folder.path);
  const key = newKey();
  const draft = await written(store, bytesOf(1000));
  await draft.commit(key, propertiesOf(bytesOf(1000)));
  const object = await store.open(key);
  const error = systemError('EIO');
  const read = vi.spyOn(fs, 'read') as unknown as MockInstance<(...args: unknown[]) => void>;
  read.mockImplementationOnce((...args) => (args.at(-1) as (error: Error) => void)(error));
  syncBuiltinESMExports();
  await expect(object?.read(0, 10)).rejects.toMatchObject({ code: 'unavailable', cause: error });
  await object?.close();
});

test('a large draft that could not be removed from where it was written leaves nothing once it is discarded', async () => {
  await using folder = await scratchFolder();
  const store = await openStore(folder.path);
  const draft = await written(store, bytesOf(2 * MIB));
  const error = systemError('EIO');
  vi.spyOn(fs.promises, 'unlink').mockRejectedValueOnce(error);
  syncBuiltinESMExports();
  const committing = draft.commit(newKey(), propertiesOf(bytesOf(2 * MIB)));
  await expect(committing).rejects.toMatchObject({ code: 'unavailable', cause: error });
  expect(await filesIn(folder.path)).toHaveLength(2);
  await draft.discard();
  expect(await filesIn(folder.path)).toEqual([]);
});

test('a rendition is nowhere under its name before it is whole, and on stable storage', async () => {
  await using folder = await scratchFolder();
  const store = await openStore(folder.path);
  const key = renditionObjectKey('alice', newImageId(Date.now()), 1, 'thumb.webp');
  const bytes = bytesOf(1000);
  const files = await openFiles();
  const seen: (number | undefined)[] = [];
  const look = async () => {
    const object = await store.open(key);
    await object?.close();
    seen.push(object?.size_bytes);
  };
  const { writev, datasync } = files;
  vi.spyOn(files, 'writev').mockImplementation(async function (this: FileHandle, ...args) {
    await look();
    return writev.apply(this, args);
  } as typeof writev);
  vi.spyOn(files, 'datasync').mockImplementation(async function (this: FileHandle) {
    await look();
    await datasync.call(this);
    await look();
  });
  const draft = await store.begin();
  await draft.write(bytes);
  await draft.commit(key, propertiesOf(bytes));
  await look();
  expect(seen).toEqual([undefined, undefined, undefined, 1000]);
  expect(await readdir(join(folder.path, 'incoming'))).toEqual([]);

  const second = await store.begin();
  await second.write(bytesOf(5));
  await expect(second.commit(key, propertiesOf(bytesOf(5)))).rejects.toMatchObject({ code: 'conflict' });
  await second.discard();
  expect(await readFile(join(folder.path, 'objects', key))).toEqual(bytes);
  expect(await readdir(join(folder.path, 'incoming'))).toEqual([]);
});
