import { rmSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, keysOf, newKey, put } from '../../../../test/support/stored-bytes.ts';
import { newImageId } from '../../../domain/image-id.ts';
import {
  imageObjectKey,
  renditionObjectKey,
  renditionsPrefix,
  versionRenditionsPrefix,
} from '../../../domain/object-key.ts';
import { createSigner } from '../../../domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk-object-store.ts';
import { pathOfKey } from './key-path.ts';

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let folder: string;
let store: DiskObjectStore;

beforeEach(async () => {
  scratch = await scratchFolder();
  folder = scratch.path;
  await prepareObjectFolders(folder);
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  store = new DiskObjectStore({ folder, publicUrl: 'http://127.0.0.1:3000', signer });
});

afterEach(() => {
  // What nobody can walk through by its path, this can remove.
  rmSync(join(folder, 'objects'), { recursive: true, force: true });
  return scratch.remove();
});

const putAll = async (keys: readonly string[]) => {
  for (const key of keys) await put(store, key, bytesOf(3));
};

/** Folders within folders until no path is short enough to lead to the last one: whoever walks there fails. */
async function layTrap(pathBelowObjects: string): Promise<void> {
  const [inner, outer] = [join(folder, 'inner'), join(folder, 'outer')];
  const names = Array.from({ length: 3 }, () => 'n'.repeat(200)).join('/');
  await mkdir(inner);
  for (let round = 0; round < 8; round++) {
    await mkdir(join(outer, names), { recursive: true });
    await rename(inner, join(outer, names, 'more'));
    await rename(outer, inner);
  }
  const place = join(folder, 'objects', pathBelowObjects);
  await mkdir(dirname(place), { recursive: true });
  await rename(inner, place);
}

describe('a listing by a prefix', () => {
  test('reads no folder of other users', async () => {
    const keys = [newKey('alice'), newKey('alice'), newKey('alice2')];
    await putAll(keys);
    await layTrap('bob');
    await layTrap('al');
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(keysOf(store, 'al')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await keysOf(store, 'alice/')).toEqual(keys.slice(0, 2).sort());
    expect(await keysOf(store, 'alice')).toEqual(keys.sort());
    expect(await keysOf(store, keys[0])).toEqual(keys.slice(0, 1));
  });

  test('of renditions reads no folder of other images and versions', async () => {
    const [id, other] = [newImageId(0), newImageId(0)];
    const keys = [1, 2, 10].map((version) => renditionObjectKey('alice', id, version, 'thumb.webp'));
    await putAll(keys);
    await layTrap(`.renditions/alice/${other}.v1`);
    await layTrap('alice');
    expect(await keysOf(store, renditionsPrefix('alice', id))).toEqual(keys.sort());
    await layTrap(`.renditions/alice/${id}.v11`);
    await expect(keysOf(store, renditionsPrefix('alice', id))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await keysOf(store, versionRenditionsPrefix('alice', id, 1))).toEqual([
      renditionObjectKey('alice', id, 1, 'thumb.webp'),
    ]);
  });

  test('reads no folder of users whose long names begin alike', async () => {
    const [one, other] = [`${'é'.repeat(60)}1`, `${'é'.repeat(60)}2`];
    const key = newKey(one);
    await putAll([key]);
    const foldersOfOther = dirname(pathOfKey(newKey(other)));
    expect(dirname(foldersOfOther)).toBe(dirname(dirname(pathOfKey(key))));
    await layTrap(foldersOfOther);
    const user = key.slice(0, key.indexOf('/'));
    expect(await keysOf(store, `${user}/`)).toEqual([key]);
    expect(await keysOf(store, user)).toEqual([key]);
    await expect(keysOf(store, user.slice(0, -1))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('finds exactly the keys that begin with it, wherever it ends', async () => {
    const users = ['a', 'ab', 'a/b', '.a', 'a'.repeat(128), 'é'.repeat(34), 'é'.repeat(60), '🦅'.repeat(32)];
    const id = newImageId(0);
    const keys = users.flatMap((user) => [
      newKey(user),
      imageObjectKey(user, id, 2),
      renditionObjectKey(user, id, 1, 'thumb.webp'),
    ]);
    await putAll(keys);
    const beginnings = keys.flatMap((key) =>
      [1, 2, 3, 12, 13, 14, 199, 200, 201, 202, key.length - 1, key.length].map((end) => key.slice(0, end)),
    );
    const folders = keys.flatMap((key) => [`${dirname(key)}/`, dirname(key), `${key}/`, `${key}x`]);
    for (const prefix of new Set([...beginnings, ...folders, '', 'b', '.'])) {
      expect(await keysOf(store, prefix)).toEqual(keys.filter((key) => key.startsWith(prefix)).sort());
    }
  });

  test.each([
    '..',
    '../',
    '../incoming/',
    './',
    '/',
    'alice//',
    'alice/../alice/',
    'alice/+',
    'a\0b',
    'alice+',
  ])('finds nothing by %j, and leaves the folder of objects by none', async (prefix) => {
    await putAll([newKey('alice')]);
    await writeFile(join(folder, 'incoming', 'file'), 'kept');
    expect(await keysOf(store, prefix)).toEqual([]);
    expect(await readFile(join(folder, 'incoming', 'file'), 'utf8')).toBe('kept');
  });

  test('that leads to no folder finds nothing, and without the folder of all objects it fails', async () => {
    expect(await keysOf(store, 'alice/')).toEqual([]);
    await rm(join(folder, 'objects'), { recursive: true });
    await expect(keysOf(store, 'alice/')).rejects.toMatchObject({ code: 'unavailable' });
  });
});
