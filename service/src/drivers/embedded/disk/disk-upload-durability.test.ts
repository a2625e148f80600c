import fs from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { arrivedAt, newUploadKey, uploadKeys } from '../../../../test/support/direct-uploads.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, contentOf, MIB, newKey, propertiesOf } from '../../../../test/support/stored-bytes.ts';
import { createSigner } from '../../../domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk-object-store.ts';
import { DiskUploadStore, prepareUploadFolders } from './disk-upload-store.ts';
import { DurableFolders } from './durable-folders.ts';

/** What every open file does, so that a test can watch it, or let it go wrong. */
async function openFiles(): Promise<FileHandle> {
  const file = await open(import.meta.filename, 'r');
  await file.close();
  return Object.getPrototypeOf(file) as FileHandle;
}

const systemError = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code });

async function openStores(folder: string) {
  await prepareObjectFolders(folder);
  await prepareUploadFolders(folder);
  const signer = createSigner(['a secret for tests, of 32 letters'], 'upload-urls');
  const shared = { folder, publicUrl: 'http://127.0.0.1:3000', signer, folders: new DurableFolders() };
  return { uploads: new DiskUploadStore(shared), objects: new DiskObjectStore(shared) };
}

async function arrive(uploads: DiskUploadStore, key: string, bytes: Buffer): Promise<string> {
  const incoming = await uploads.receive({ key });
  try {
    await incoming.write(bytes);
    return await incoming.commit();
  } finally {
    await incoming.discard();
  }
}

/** The syncs of files, with their length, and of folders, in the order in which they came to their end. */
async function watchSyncs(): Promise<string[]> {
  const files = await openFiles();
  const steps: string[] = [];
  const { datasync, sync } = files;
  vi.spyOn(files, 'datasync').mockImplementation(async function (this: FileHandle) {
    const { size } = await this.stat();
    await datasync.call(this);
    steps.push(`bytes ${size}`);
  });
  vi.spyOn(files, 'sync').mockImplementation(async function (this: FileHandle) {
    await sync.call(this);
    steps.push('folder');
  });
  return steps;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('what waits for the disk', () => {
  test.each([100, 3 * MIB])('an arrival of %i bytes: all bytes are synced, then the folder', async (size) => {
    await using folder = await scratchFolder();
    const { uploads } = await openStores(folder.path);
    const key = newUploadKey();
    await arrive(uploads, key, bytesOf(size, 1));
    const steps = await watchSyncs();
    await arrive(uploads, key, bytesOf(size, 2));
    expect(steps).toEqual([`bytes ${size}`, 'folder']);
  });

  test('an acceptance: the folder of the object is synced, also when it finds the object there', async () => {
    await using folder = await scratchFolder();
    const { uploads } = await openStores(folder.path);
    const [key, object] = [newUploadKey(), newKey()];
    const bytes = bytesOf(5000);
    const etag = await arrive(uploads, key, bytes);
    const steps = await watchSyncs();
    await uploads.accept(key, etag, object, propertiesOf(bytes));
    // The user's folder in the folder of all objects, then the object in the user's folder.
    expect(steps).toEqual(['folder', 'folder']);
    await uploads.accept(key, etag, object, propertiesOf(bytes));
    expect(steps).toEqual(['folder', 'folder', 'folder']);
  });

  test('parts that are joined: the whole is synced before the parts go', async () => {
    await using folder = await scratchFolder();
    const { uploads } = await openStores(folder.path);
    const key = newUploadKey();
    const parts_id = await uploads.beginParts(key, 'image/png');
    const incoming = await uploads.receive({ key, part: { parts_id, number: 1 } });
    await incoming.write(bytesOf(700));
    await incoming.commit();
    const parts = (await uploads.listParts(key, parts_id)) ?? [];
    const files = await openFiles();
    vi.spyOn(files, 'datasync').mockRejectedValueOnce(systemError('EIO'));
    await expect(uploads.joinParts(key, parts_id, parts)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await uploads.listParts(key, parts_id)).toEqual(parts);
    expect(await uploads.open(key)).toBeUndefined();
    await uploads.joinParts(key, parts_id, parts);
    expect((await arrivedAt(uploads, key))?.bytes.equals(bytesOf(700))).toBe(true);
  });

  test('parts that have been joined go all at once: cut off meanwhile, what has arrived counts', async () => {
    await using folder = await scratchFolder();
    const { uploads } = await openStores(folder.path);
    const key = newUploadKey();
    const parts_id = await uploads.beginParts(key, 'image/png');
    const incoming = await uploads.receive({ key, part: { parts_id, number: 1 } });
    await incoming.write(bytesOf(700));
    await incoming.commit();
    const parts = (await uploads.listParts(key, parts_id)) ?? [];
    // No file of them can be removed any more, as after a kill.
    vi.spyOn(fs.promises, 'rm').mockRejectedValue(systemError('EIO'));
    syncBuiltinESMExports();
    await expect(uploads.joinParts(key, parts_id, parts)).rejects.toMatchObject({ code: 'unavailable' });
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    expect(await uploads.listParts(key, parts_id)).toBeUndefined();
    expect((await arrivedAt(uploads, key))?.bytes.equals(bytesOf(700))).toBe(true);
    await prepareObjectFolders(folder.path);
    expect(await readdir(join(folder.path, 'incoming'))).toEqual([]);
  });
});

describe('a disk that fails', () => {
  test.each([
    ['writev', 'ENOSPC', 'insufficient_storage'],
    ['writev', 'EDQUOT', 'insufficient_storage'],
    ['writev', 'EIO', 'unavailable'],
    ['datasync', 'EIO', 'unavailable'],
    ['datasync', 'ENOSPC', 'insufficient_storage'],
    ['sync', 'EIO', 'unavailable'],
  ] as const)(
    'an arrival whose %s ends with %s is %s, and what was there stays',
    async (call, code, meaning) => {
      await using folder = await scratchFolder();
      const { uploads } = await openStores(folder.path);
      const key = newUploadKey();
      await arrive(uploads, key, bytesOf(1000, 1));
      const error = systemError(code);
      const failing = vi.spyOn(await openFiles(), call).mockRejectedValueOnce(error);
      await expect(arrive(uploads, key, bytesOf(1000, 2))).rejects.toMatchObject({
        code: meaning,
        cause: error,
      });
      expect(failing).toHaveBeenCalled();
      expect((await arrivedAt(uploads, key))?.bytes.equals(bytesOf(1000, 1))).toBe(true);
      expect(await uploadKeys(uploads)).toEqual([key]);
      expect(await readdir(join(folder.path, 'incoming'))).toEqual([]);
    },
  );

  test('an acceptance whose sync fails is unavailable, and can be tried again', async () => {
    await using folder = await scratchFolder();
    const { uploads, objects } = await openStores(folder.path);
    const [key, first, object] = [newUploadKey(), newKey(), newKey()];
    const bytes = bytesOf(5000);
    const etag = await arrive(uploads, key, bytes);
    await uploads.accept(key, etag, first, propertiesOf(bytes));
    vi.spyOn(await openFiles(), 'sync').mockRejectedValueOnce(systemError('EIO'));
    const accept = () => uploads.accept(key, etag, object, propertiesOf(bytes));
    await expect(accept()).rejects.toMatchObject({ code: 'unavailable' });
    await accept();
    expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
  });
});
