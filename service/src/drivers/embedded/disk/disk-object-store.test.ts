import { chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import {
  bytesOf,
  contentOf,
  keysOf,
  MIB,
  newKey,
  propertiesOf,
  put,
  written,
} from '../../../../test/support/stored-bytes.ts';
import { newImageId } from '../../../domain/image-id.ts';
import { imageObjectKey, renditionObjectKey, versionRenditionsPrefix } from '../../../domain/object-key.ts';
import { createSigner } from '../../../domain/signing.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk-object-store.ts';

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let folder: string;
let store: DiskObjectStore;

function openStore(): DiskObjectStore {
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  return new DiskObjectStore({ folder, publicUrl: 'http://127.0.0.1:3000', signer });
}

beforeEach(async () => {
  scratch = await scratchFolder();
  folder = scratch.path;
  await prepareObjectFolders(folder);
  store = openStore();
});

afterEach(() => scratch.remove());

/** Every file below the data folder, as paths relative to it. */
async function filesIn(path = ''): Promise<string[]> {
  const entries = await readdir(join(folder, path), { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    return entry.isDirectory() ? filesIn(inner) : [inner];
  });
  return (await Promise.all(found)).flat().sort();
}

const modeOf = async (path: string) => (await stat(join(folder, path))).mode & 0o777;

const SIZES = [
  ['small', 1000],
  ['large', 2 * MIB],
] as const;

describe('where files lie', () => {
  test.each(SIZES)(
    'a %s object is the file objects/{user}/{id}, for this user alone',
    async (_what, size) => {
      const key = newKey('alice');
      await put(store, key, bytesOf(size));
      expect(await filesIn()).toEqual([`objects/${key}`]);
      expect((await readFile(join(folder, 'objects', key))).equals(bytesOf(size))).toBe(true);
      expect(await modeOf(`objects/${key}`)).toBe(0o600);
      expect(await modeOf('objects/alice')).toBe(0o700);
      expect(await modeOf('objects')).toBe(0o700);
      expect(await modeOf('incoming')).toBe(0o700);
    },
  );

  test('a small draft touches the disk only when it is committed', async () => {
    const draft = await written(store, bytesOf(MIB));
    expect(await filesIn()).toEqual([]);
    expect(await readdir(join(folder, 'objects'))).toEqual([]);
    await draft.discard();
  });

  test('a large draft is a file in incoming/, for this user alone, until it is committed', async () => {
    const bytes = bytesOf(MIB + 1);
    const draft = await written(store, bytes);
    const files = await filesIn();
    expect(files).toHaveLength(1);
    expect(files[0]).toMatch(/^incoming\/[0-9a-f-]{36}$/);
    expect(await modeOf(files[0] ?? '')).toBe(0o600);
    const key = newKey();
    await draft.commit(key, propertiesOf(bytes));
    expect(await filesIn()).toEqual([`objects/${key}`]);
  });

  test.each(SIZES)('a %s draft that is given up leaves no file', async (_what, size) => {
    const key = newKey();
    await put(store, key, bytesOf(10));
    const [never, taken] = [await written(store, bytesOf(size)), await written(store, bytesOf(size))];
    await never.discard();
    await expect(taken.commit(key, propertiesOf(bytesOf(size)))).rejects.toMatchObject({ code: 'conflict' });
    await taken.discard();
    expect(await filesIn()).toEqual([`objects/${key}`]);
  });

  test('no user leads out of the folder, or to where another is', async () => {
    const users = [
      '..',
      '.',
      '../..',
      '/etc',
      'a/b',
      'a',
      'b',
      '%2F',
      'a\\b',
      '~',
      '-rf',
      'CON',
      '🦅'.repeat(32),
    ];
    for (const user of users) await put(store, newKey(user), bytesOf(5));
    const files = await filesIn();
    expect(files).toHaveLength(users.length);
    expect(files.every((file) => file.startsWith('objects/'))).toBe(true);
    const folders = new Set(files.map((file) => file.slice(0, file.lastIndexOf('/'))));
    expect(folders.size).toBe(users.length);
  });

  test('what is no key reaches nothing beside the objects', async () => {
    await writeFile(join(folder, 'secret'), 'kept');
    await writeFile(join(folder, 'incoming', 'other'), 'kept');
    for (const key of ['../secret', '../incoming/other', 'alice/../../secret', `${folder}/secret`]) {
      await expect(store.open(key)).rejects.toThrow('Not an object key');
      await expect(store.delete(key)).rejects.toThrow('Not an object key');
    }
    expect(await filesIn()).toEqual(['incoming/other', 'secret']);
  });
});

describe('preparing the folders', () => {
  test('makes them, for this user alone', async () => {
    await using fresh = await scratchFolder();
    const inner = join(fresh.path, 'data', 'tintype');
    await mkdir(inner, { recursive: true });
    await prepareObjectFolders(inner);
    expect((await readdir(inner)).sort()).toEqual(['incoming', 'objects']);
    for (const name of ['incoming', 'objects']) {
      expect((await stat(join(inner, name))).mode & 0o777).toBe(0o700);
    }
  });

  test('empties incoming/ of what an earlier process left, and keeps the objects', async () => {
    const key = newKey();
    await put(store, key, bytesOf(100));
    const draft = await written(store, bytesOf(2 * MIB));
    await mkdir(join(folder, 'incoming', 'inner'));
    await writeFile(join(folder, 'incoming', 'inner', 'file'), 'x');
    expect(await filesIn('incoming')).toHaveLength(2);
    await prepareObjectFolders(folder);
    expect(await filesIn()).toEqual([`objects/${key}`]);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
    expect((await contentOf(openStore(), key))?.equals(bytesOf(100))).toBe(true);
    await draft.discard();
  });
});

describe('a folder that is gone', () => {
  test.each(SIZES)("is made again for a user's next %s object", async (_what, size) => {
    const [first, second] = [newKey(), newKey()];
    await put(store, first, bytesOf(10));
    await rm(join(folder, 'objects', 'alice'), { recursive: true });
    expect(await store.open(first)).toBeUndefined();
    await store.delete(first);
    await put(store, second, bytesOf(size));
    expect(await filesIn()).toEqual([`objects/${second}`]);
  });

  test.each(SIZES)('is made again, even that of all objects, for the next %s one', async (_what, size) => {
    await rm(join(folder, 'objects'), { recursive: true });
    const key = newKey();
    await put(store, key, bytesOf(size));
    expect(await filesIn()).toEqual([`objects/${key}`]);
    expect(await modeOf('objects')).toBe(0o700);
  });

  test('of drafts fails large drafts and the check, and small ones go on', async () => {
    await rm(join(folder, 'incoming'), { recursive: true });
    await expect(written(store, bytesOf(2 * MIB))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.check()).rejects.toMatchObject({ code: 'unavailable' });
    const key = newKey();
    await put(store, key, bytesOf(MIB));
    expect(await filesIn()).toEqual([`objects/${key}`]);
  });

  test('of all objects fails their listing', async () => {
    await rm(join(folder, 'objects'), { recursive: true });
    await expect(keysOf(store)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a disk that is not as it should be', () => {
  test.each(SIZES)(
    'a file in place of all objects fails a %s commit, and no draft stays',
    async (_what, size) => {
      await rm(join(folder, 'objects'), { recursive: true });
      await writeFile(join(folder, 'objects'), 'in the way');
      const draft = await written(store, bytesOf(size));
      const failing = draft.commit(newKey(), propertiesOf(bytesOf(size)));
      await expect(failing).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'ENOTDIR' } });
      await draft.discard();
      expect(await filesIn()).toEqual(['objects']);
      expect(await readFile(join(folder, 'objects'), 'utf8')).toBe('in the way');
    },
  );

  test.each(SIZES)(
    "a file in place of a user's folder fails a %s commit of that user alone",
    async (_what, size) => {
      await writeFile(join(folder, 'objects', 'alice'), 'in the way');
      const draft = await written(store, bytesOf(size));
      const failing = draft.commit(newKey('alice'), propertiesOf(bytesOf(size)));
      await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
      await draft.discard();
      const key = newKey('bob');
      await put(store, key, bytesOf(size));
      expect(await filesIn()).toEqual(['objects/alice', `objects/${key}`]);
    },
  );

  test('a folder in place of an object is no object, and is not removed', async () => {
    const key = newKey();
    await mkdir(join(folder, 'objects', key), { recursive: true });
    expect(await store.open(key)).toBeUndefined();
    await store.delete(key);
    expect((await stat(join(folder, 'objects', key))).isDirectory()).toBe(true);
    const draft = await written(store, bytesOf(10));
    await expect(draft.commit(key, propertiesOf(bytesOf(10)))).rejects.toMatchObject({ code: 'conflict' });
    await draft.discard();
  });

  test('an object that cannot be opened is a failure, not absent', async () => {
    const key = newKey();
    await put(store, key, bytesOf(10));
    const path = join(folder, 'objects', key);
    await rename(path, `${path}.away`);
    // It leads to itself, which not even root can follow.
    await symlink(path, path);
    await expect(store.open(key)).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'ELOOP' } });
  });

  test('no failure tells a caller where files lie', async () => {
    await rm(join(folder, 'incoming'), { recursive: true });
    const failure = await store.check().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(String((failure as Error).message)).not.toContain(folder);
    expect(String(((failure as Error).cause as Error).message)).toContain(folder);
  });

  test('the check leaves no file behind', async () => {
    await store.check();
    expect(await filesIn()).toEqual([]);
  });
});

describe('listing', () => {
  test('passes over files that are none of ours', async () => {
    const keys = [newKey('🦅'.repeat(32)), newKey('alice'), imageObjectKey('bob', newImageId(0), 3)];
    for (const key of keys) await put(store, key, bytesOf(9));
    for (const name of ['lost+found', 'a b', 'x~', '#x#'])
      await writeFile(join(folder, 'objects', name), 'x');
    await mkdir(join(folder, 'objects', 'empty'));
    expect(await keysOf(store)).toEqual(keys.sort());
  });

  test('goes on when an object goes away meanwhile', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => newKey(`user${n % 10}`));
    await Promise.all(keys.map((key) => put(store, key, bytesOf(9))));
    const seen: string[] = [];
    for await (const { key } of store.list('')) {
      seen.push(key);
      if (seen.length === 1)
        await Promise.all(keys.filter((other) => other !== key).map((other) => store.delete(other)));
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.every((key) => keys.includes(key))).toBe(true);
    expect(await keysOf(store)).toEqual(seen.slice(0, 1));
  });
});

test('a store opened anew finds what is there, whoever could not write meanwhile', async () => {
  const key = newKey();
  await put(store, key, bytesOf(10));
  await chmod(join(folder, 'objects', key), 0o400);
  const again = openStore();
  expect(await keysOf(again)).toEqual([key]);
  expect((await contentOf(again, key))?.equals(bytesOf(10))).toBe(true);
});

describe('the folder of the renditions of a version', () => {
  const id = newImageId(Date.now());
  const rendition = (name: string, user = 'alice', version = 1) =>
    renditionObjectKey(user, id, version, name);
  const below = (user = 'alice', version = 1) => versionRenditionsPrefix(user, id, version);
  const there = async (user = 'alice') => readdir(join(folder, 'objects', '.renditions', user));

  test.each(['alice', '🦅'.repeat(32)])(
    'goes with all that is in it, and nothing beside it does',
    async (user) => {
      const beside = [rendition('thumb.webp', user, 2), rendition('thumb.webp', user, 11), newKey(user)];
      for (const name of ['thumb.webp', 'small.webp']) await put(store, rendition(name, user), bytesOf(10));
      for (const key of beside) await put(store, key, bytesOf(10));
      await store.deleteBelow(below(user));
      expect(await keysOf(store)).toEqual([...beside].sort());
      await store.deleteBelow(below(user, 2));
      await store.deleteBelow(below(user, 11));
      expect((await filesIn()).map((path) => path.split('/')[1])).not.toContain('.renditions');
      const left = await readdir(join(folder, 'objects', '.renditions'), { recursive: true });
      expect(left.filter((path) => path.includes('.v'))).toEqual([]);
    },
  );

  test('is counted as it is listed: what lies below it, and nothing that lies beside it', async () => {
    expect(await store.countBelow(below())).toBe(0);
    for (const name of ['thumb.webp', 'small.webp']) await put(store, rendition(name), bytesOf(10));
    const beside = [rendition('thumb.webp', 'alice', 2), rendition('thumb.webp', 'alice', 11), newKey()];
    for (const key of beside) await put(store, key, bytesOf(10));
    await mkdir(join(folder, 'objects', below(), 'other'));
    expect(await store.countBelow(below())).toBe(2);
    expect(await keysOf(store, below())).toHaveLength(2);
  });

  test('may be gone already, or may never have been there', async () => {
    await store.deleteBelow(below());
    await put(store, rendition('thumb.webp'), bytesOf(10));
    await store.deleteBelow(below());
    await store.deleteBelow(below());
    expect(await there()).toEqual([]);
  });

  test('goes with the last that is deleted by its key', async () => {
    const keys = ['thumb.webp', 'small.webp', 'large.webp'].map((name) => rendition(name));
    for (const key of keys) await put(store, key, bytesOf(10));
    await store.delete(keys[0] ?? '');
    expect(await there()).toHaveLength(1);
    await Promise.all(keys.map((key) => store.delete(key)));
    expect(await there()).toEqual([]);
  });

  test('stays where there is something of others in it', async () => {
    await put(store, rendition('thumb.webp'), bytesOf(10));
    await mkdir(join(folder, 'objects', below(), 'other'));
    await store.deleteBelow(below());
    expect(await keysOf(store)).toEqual([]);
    expect(await readdir(join(folder, 'objects', below()))).toEqual(['other']);
  });

  test('that is removed again and again takes in every file that is made meanwhile', async () => {
    for (let round = 0; round < 20; round++) {
      const keys = ['thumb', 'small', 'medium', 'large'].map((name) => rendition(`${name}.webp`));
      const removals = Promise.all(Array.from({ length: 8 }, () => store.deleteBelow(below())));
      await Promise.all(keys.map((key) => put(store, key, bytesOf(10))));
      await removals;
      const left = await keysOf(store, below());
      for (const key of left) expect(await contentOf(store, key)).toEqual(bytesOf(10));
      await Promise.all(left.map((key) => store.delete(key)));
    }
    expect(await there()).toEqual([]);
  });
});
