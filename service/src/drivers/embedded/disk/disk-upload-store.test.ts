import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arrivedAt, newUploadKey, uploadKeys } from '../../../../test/support/direct-uploads.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, contentOf, MIB, newKey, propertiesOf, put } from '../../../../test/support/stored-bytes.ts';
import { createSigner } from '../../../domain/signing.ts';
import type { InboxTarget } from '../../../ports/upload-inbox.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk-object-store.ts';
import { DiskUploadStore, prepareUploadFolders } from './disk-upload-store.ts';
import { DurableFolders } from './durable-folders.ts';

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let folder: string;
let store: DiskUploadStore;
let objects: DiskObjectStore;

/** What a process does at its start. */
async function start(): Promise<void> {
  await prepareObjectFolders(folder);
  await prepareUploadFolders(folder);
  const signer = createSigner(['a secret for tests, of 32 letters'], 'upload-urls');
  const shared = { folder, publicUrl: 'http://127.0.0.1:3000', signer, folders: new DurableFolders() };
  store = new DiskUploadStore(shared);
  objects = new DiskObjectStore(shared);
}

beforeEach(async () => {
  scratch = await scratchFolder();
  folder = join(scratch.path, 'data');
  await mkdir(folder);
  await start();
});

afterEach(() => scratch.remove());

async function begin(target: InboxTarget, bytes: Buffer, piece = 64 * 1024) {
  const incoming = await store.receive(target);
  for (let at = 0; at < bytes.length; at += piece) await incoming.write(bytes.subarray(at, at + piece));
  return incoming;
}

async function arrive(target: InboxTarget, bytes: Buffer, piece?: number): Promise<string> {
  return (await begin(target, bytes, piece)).commit();
}

/** Every file below the data folder, as paths relative to it. */
async function files(path = ''): Promise<string[]> {
  const entries = await readdir(join(folder, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const modeOf = async (path: string) => (await stat(join(folder, path))).mode & 0o777;

describe('where uploads lie', () => {
  test('an upload is one file below uploads/arrived, for this user alone', async () => {
    const key = newUploadKey();
    const bytes = bytesOf(2 * MIB);
    await arrive({ key }, bytes);
    const found = await files();
    expect(found).toHaveLength(1);
    const [file = ''] = found;
    expect(file.startsWith(`uploads/arrived/${key.slice('.uploads/'.length)}/@`)).toBe(true);
    expect((await readFile(join(folder, file))).equals(bytes)).toBe(true);
    expect(await modeOf(file)).toBe(0o600);
    for (const path of ['uploads', 'uploads/arrived', 'uploads/arrived/alice']) {
      expect(await modeOf(path)).toBe(0o700);
    }
  });

  test('what is on its way is in incoming/, and small pieces are not even there', async () => {
    const incoming = await begin({ key: newUploadKey() }, bytesOf(1000));
    expect(await files()).toEqual([]);
    await incoming.write(bytesOf(3 * MIB));
    expect((await files()).map((file) => file.split('/')[0])).toEqual(['incoming']);
    await incoming.discard();
    expect(await files()).toEqual([]);
  });

  test.each([1, 1000, MIB])('bytes in pieces of %i arrive as they are', async (piece) => {
    const key = newUploadKey();
    const bytes = bytesOf(piece === 1 ? 5000 : 3 * MIB + 7);
    const etag = await arrive({ key }, bytes, piece);
    const arrived = await arrivedAt(store, key);
    expect(arrived?.bytes.equals(bytes)).toBe(true);
    expect(arrived?.etag).toBe(etag);
  });

  test('nothing but the latest of what was sent stays, and nothing at all after a discard', async () => {
    const key = newUploadKey();
    for (const seed of [1, 2, 3]) await arrive({ key }, bytesOf(2000, seed));
    expect(await files()).toHaveLength(1);
    await store.discard(key);
    expect(await files()).toEqual([]);
    expect(await readdir(join(folder, 'uploads', 'arrived', 'alice'))).toEqual([]);
  });

  test('nothing of parts stays when they are joined, or discarded', async () => {
    const key = newUploadKey();
    for (const end of ['join', 'discard'] as const) {
      const parts_id = await store.beginParts(key, 'image/png');
      await arrive({ key, part: { parts_id, number: 1 } }, bytesOf(2000, 1));
      await arrive({ key, part: { parts_id, number: 1 } }, bytesOf(2000, 2));
      expect(await files('uploads/parts')).toHaveLength(1);
      if (end === 'join') await store.joinParts(key, parts_id, (await store.listParts(key, parts_id)) ?? []);
      else await store.discardParts(key, parts_id);
      expect(await readdir(join(folder, 'uploads', 'parts', 'alice'))).toEqual([]);
    }
    expect((await arrivedAt(store, key))?.bytes.equals(bytesOf(2000, 2))).toBe(true);
  });

  test('an accepted upload is the same file as the object, and is not copied', async () => {
    const [key, object] = [newUploadKey(), newKey()];
    const bytes = bytesOf(MIB);
    await store.accept(key, await arrive({ key }, bytes), object, propertiesOf(bytes));
    const [file = ''] = await files('uploads');
    const inodes = [file, join('objects', object)].map(async (path) => (await stat(join(folder, path))).ino);
    const [upload, accepted] = await Promise.all(inodes);
    expect(upload).toBe(accepted);
    await store.discard(key);
    expect(await files()).toEqual([join('objects', object)]);
  });
});

describe('entity tags', () => {
  test('are never given twice, though inodes and times are: not for equal bytes, not after a discard', async () => {
    const key = newUploadKey();
    const tags = new Set<string>();
    for (let round = 0; round < 200; round++) {
      tags.add(await arrive({ key }, bytesOf(100)));
      if (round % 3 === 0) await store.discard(key);
    }
    expect(tags.size).toBe(200);
  });

  test('of many that arrive at once for one key, one stays, whole, and has the tag that it was given', async () => {
    const key = newUploadKey();
    const sent = Array.from({ length: 20 }, (_, seed) => bytesOf(30_000, seed));
    const tags = await Promise.all(sent.map((bytes) => arrive({ key }, bytes)));
    expect(new Set(tags).size).toBe(20);
    const arrived = await arrivedAt(store, key);
    const at = tags.indexOf(arrived?.etag ?? '');
    expect(arrived?.bytes.equals(sent[at] ?? Buffer.of())).toBe(true);
    expect(await files()).toHaveLength(1);
  });

  test('arrivals, discards and looks at one key do not get into each other', async () => {
    const key = newUploadKey();
    const rounds = Array.from({ length: 60 }, async (_, round) => {
      if (round % 4 === 3) return store.discard(key);
      if (round % 4 === 2) return void (await arrivedAt(store, key));
      await arrive({ key }, bytesOf(1000, round));
    });
    await Promise.all(rounds);
    await arrive({ key }, bytesOf(1000, 99));
    expect((await arrivedAt(store, key))?.bytes.equals(bytesOf(1000, 99))).toBe(true);
    expect(await files()).toHaveLength(1);
  });
});

describe('a restart', () => {
  test('keeps what has arrived, parts too, and throws away what was on its way', async () => {
    const [key, other, object] = [newUploadKey(), newUploadKey('bob'), newKey()];
    const bytes = bytesOf(MIB);
    const etag = await arrive({ key }, bytes);
    const parts_id = await store.beginParts(other, 'image/png');
    await arrive({ key: other, part: { parts_id, number: 2 } }, bytesOf(10, 2));
    const lost = await begin({ key }, bytesOf(2 * MIB));
    expect(await files('incoming')).toHaveLength(1);
    await start();
    expect(await files('incoming')).toEqual([]);
    await lost.discard();
    expect(await uploadKeys(store)).toEqual([key]);
    expect(await store.listParts(other, parts_id)).toMatchObject([{ number: 2, size_bytes: 10 }]);
    await store.accept(key, etag, object, propertiesOf(bytes));
    expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
  });

  test('within a replacement leaves both files: the later one counts, and the next removes both', async () => {
    const key = newUploadKey();
    await arrive({ key }, bytesOf(50, 1));
    const [file = ''] = await files('uploads');
    const later = file.replace('@000000001.', '@000000002.');
    expect(later).not.toBe(file);
    await writeFile(join(folder, later), bytesOf(50, 2));
    await start();
    expect((await arrivedAt(store, key))?.bytes.equals(bytesOf(50, 2))).toBe(true);
    expect(await uploadKeys(store)).toEqual([key]);
    await arrive({ key }, bytesOf(50, 3));
    expect((await arrivedAt(store, key))?.bytes.equals(bytesOf(50, 3))).toBe(true);
    expect(await files()).toHaveLength(1);
  });
});

describe('a disk that is not as it should be', () => {
  test('fails an arrival as unavailable, without a path, and leaves what was there', async () => {
    const key = newUploadKey();
    await arrive({ key }, bytesOf(100));
    await rm(join(folder, 'incoming'), { recursive: true });
    const incoming = await begin({ key }, bytesOf(100, 1));
    const failure = await incoming.commit().catch((error: unknown) => error);
    await incoming.discard();
    expect(failure).toMatchObject({ code: 'unavailable', cause: { code: 'ENOENT' } });
    expect(String((failure as Error).message)).not.toContain(folder);
    expect((await arrivedAt(store, key))?.bytes.equals(bytesOf(100))).toBe(true);
  });

  test('a file in place of the folder of uploads is a failure, and never "there is none"', async () => {
    const key = newUploadKey();
    const parts_id = await store.beginParts(key, 'image/png');
    await rm(join(folder, 'uploads'), { recursive: true });
    await writeFile(join(folder, 'uploads'), 'in the way');
    const unavailable = { code: 'unavailable' };
    await expect(store.open(key)).rejects.toMatchObject(unavailable);
    await expect(store.listParts(key, parts_id)).rejects.toMatchObject(unavailable);
    await expect(store.beginParts(key, 'image/png')).rejects.toMatchObject(unavailable);
    await expect(arrive({ key }, bytesOf(10))).rejects.toMatchObject(unavailable);
    await expect(uploadKeys(store)).rejects.toMatchObject(unavailable);
  });

  test('files that are none of ours are passed over, and stay', async () => {
    const key = newUploadKey();
    await arrive({ key }, bytesOf(10));
    const strangers = ['uploads/arrived/@x', 'uploads/arrived/alice/notes', 'uploads/arrived/lost+found'];
    for (const path of strangers) await writeFile(join(folder, path), 'x');
    expect(await uploadKeys(store)).toEqual([key]);
    await store.discard(key);
    expect(await files()).toEqual([...strangers].sort());
  });
});

describe('what is no upload', () => {
  test.each(['alice/x', 'objects/x', '.trash/alice/x', '.uploads', '.uploads/', '.uploads/../x', '../x', ''])(
    'the key %j is refused, whatever is asked for, and nothing is touched',
    async (key) => {
      await put(objects, 'alice/x', bytesOf(10));
      await expect(store.open(key)).rejects.toThrow('key');
      await expect(store.discard(key)).rejects.toThrow('key');
      await expect(store.receive({ key })).rejects.toThrow('key');
      await expect(store.beginParts(key, 'image/png')).rejects.toThrow('key');
      const object = newKey();
      await expect(store.accept(key, '"x"', object, propertiesOf(bytesOf(1)))).rejects.toThrow('key');
      expect(await files()).toEqual(['objects/alice/x']);
    },
  );

  test.each(['', '..', '../../objects/alice', 'x', '@x', 'a/b'])(
    'the id of parts %j leads nowhere',
    async (parts_id) => {
      const key = newUploadKey();
      await put(objects, 'alice/x', bytesOf(10));
      await expect(store.receive({ key, part: { parts_id, number: 1 } })).rejects.toThrow('id of parts');
      expect(await store.listParts(key, parts_id)).toBeUndefined();
      await store.discardParts(key, parts_id);
      expect(await files()).toEqual(['objects/alice/x']);
    },
  );
});
