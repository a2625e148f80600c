import type { FileHandle } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, copyOf, MIB, newKey, propertiesOf } from '../../../../test/support/stored-bytes.ts';
import { newImageId } from '../../../domain/image-id.ts';
import { renditionObjectKey } from '../../../domain/object-key.ts';
import { createSigner } from '../../../domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk-object-store.ts';

/** What is asked of the disk, in the order in which it is asked; a sync of a folder waits for this. */
const asked: string[] = [];
const written: Uint8Array[] = [];
let gate: Promise<void> | undefined;

const counted = <Handle extends FileHandle>(file: Handle, isNew: boolean): Handle => {
  const { sync, datasync, writev } = file;
  file.sync = async () => {
    asked.push('sync folder');
    await gate;
    return sync.call(file);
  };
  file.datasync = () => {
    asked.push('sync file');
    return datasync.call(file);
  };
  file.writev = ((chunks: Uint8Array[], ...rest: []) => {
    asked.push('write');
    written.push(...chunks);
    return writev.call(file, chunks, ...rest);
  }) as FileHandle['writev'];
  if (isNew) asked.push('create');
  return file;
};

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof original.open = async (path, flags, mode) =>
    counted(await original.open(path, flags, mode), flags === 'wx');
  const named = (name: 'link' | 'unlink' | 'mkdir') =>
    ((...given: Parameters<typeof original.mkdir>) => {
      asked.push(name);
      return (original[name] as typeof original.mkdir)(...given);
    }) as never;
  return { ...original, open, link: named('link'), unlink: named('unlink'), mkdir: named('mkdir') };
});

afterEach(() => {
  asked.length = 0;
  written.length = 0;
  gate = undefined;
});

/** A store in which the user's folder is there and open already. */
async function openStore(folder: string) {
  await prepareObjectFolders(folder);
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  const store = new DiskObjectStore({ folder, publicUrl: 'http://127.0.0.1:3000', signer });
  const put = async (chunks: readonly Uint8Array[]) => {
    const draft = await store.begin();
    for (const chunk of chunks) await draft.write(chunk);
    await draft.commit(newKey(), propertiesOf(Buffer.concat(chunks)));
  };
  await put([bytesOf(10)]);
  asked.length = 0;
  written.length = 0;
  return Object.assign(put, { store });
}

const countsOf = () =>
  Object.fromEntries([...new Set(asked)].map((name) => [name, asked.filter((each) => each === name).length]));

test('an object of up to a megabyte is created, written, and synced once with its folder', async () => {
  await using folder = await scratchFolder();
  const put = await openStore(folder.path);
  const chunks = [bytesOf(MIB / 2, 1), bytesOf(MIB / 2, 2)];
  await put(chunks);
  expect(asked).toEqual(['create', 'write', 'sync file', 'sync folder']);
});

test('its bytes are handed on as they came, and copied nowhere', async () => {
  await using folder = await scratchFolder();
  const put = await openStore(folder.path);
  const chunks = [bytesOf(65_536, 1), bytesOf(30_000, 2)];
  await put(chunks);
  expect(written).toHaveLength(chunks.length);
  for (const [at, chunk] of chunks.entries()) expect(written[at]).toBe(chunk);
});

test.each([
  ['up to a megabyte', 4],
  ['more', 40],
])('the memory of %s that it was given is released once it is written', async (_size, pieces) => {
  await using folder = await scratchFolder();
  const { store } = await openStore(folder.path);
  const chunks = Array.from({ length: pieces }, (_, at) => copyOf(bytesOf(65_536, at), 0, 65_536));
  const all = Buffer.concat(chunks);
  const draft = await store.begin();
  for (const chunk of chunks) await draft.write(chunk, 'given');
  await draft.commit(newKey(), propertiesOf(all));
  expect(chunks.map(({ length }) => length)).toEqual(chunks.map(() => 0));
});

test('a larger one is written in pieces as it comes, and linked to its name', async () => {
  await using folder = await scratchFolder();
  const put = await openStore(folder.path);
  await put(Array.from({ length: 8 }, (_, at) => bytesOf(MIB / 2, at)));
  expect(countsOf()).toEqual({ create: 1, write: 3, 'sync file': 1, link: 1, unlink: 1, 'sync folder': 1 });
});

test('of 32 at once each is synced, and all share two syncs of their folder', async () => {
  await using folder = await scratchFolder();
  const put = await openStore(folder.path);
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const puts = Array.from({ length: 32 }, (_, at) => put([bytesOf(1000, at)]));
  // The first sync of the folder began before the others had their entries; they wait for the next.
  await vi.waitFor(() => expect(asked.filter((each) => each === 'sync file')).toHaveLength(32), 20_000);
  resolve();
  await Promise.all(puts);
  expect(asked.filter((each) => each === 'create')).toHaveLength(32);
  expect(asked.filter((each) => each === 'write')).toHaveLength(32);
  expect(asked.filter((each) => each === 'sync file')).toHaveLength(32);
  expect(asked.filter((each) => each === 'sync folder')).toHaveLength(2);
});

/** A store in which the user has renditions already, of another image; stores some of a new one at once. */
async function openForRenditions(folder: string) {
  const { store } = await openStore(folder);
  const image_id = newImageId(Date.now());
  const put = async (id: string, name: string) => {
    const draft = await store.begin();
    await draft.write(bytesOf(1000));
    await draft.commit(renditionObjectKey('alice', id, 1, name), propertiesOf(bytesOf(1000)));
  };
  await put(newImageId(Date.now()), 'thumb.webp');
  asked.length = 0;
  return (names: readonly string[]) => Promise.all(names.map((name) => put(image_id, name)));
}

const PRESETS = ['thumb.webp', 'small.webp', 'medium.webp', 'large.webp'];

test('the presets of an image are each written, synced and linked, and their new folder and the one above are synced once', async () => {
  await using folder = await scratchFolder();
  const putAll = await openForRenditions(folder.path);
  await putAll(PRESETS);
  const each = { create: 4, write: 4, 'sync file': 4, link: 4, unlink: 4 };
  expect(countsOf()).toEqual({ ...each, mkdir: 1, 'sync folder': 2 });
  // No entry is made durable before all are there, and none is there before its bytes are.
  expect(asked.lastIndexOf('sync folder')).toBeGreaterThan(asked.lastIndexOf('link'));
});

test('one more rendition of an image is written, synced and linked, and its folder synced once', async () => {
  await using folder = await scratchFolder();
  const putAll = await openForRenditions(folder.path);
  await putAll(PRESETS);
  asked.length = 0;
  await putAll(['300.webp']);
  const once = { create: 1, write: 1, 'sync file': 1, link: 1, unlink: 1 };
  expect(countsOf()).toEqual({ ...once, mkdir: 1, 'sync folder': 1 });
});
