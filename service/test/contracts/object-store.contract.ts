import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey } from '../../src/domain/object-key.ts';
import { releaseMemory } from '../../src/domain/release-memory.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import {
  bytesOf,
  contentOf,
  copyOf,
  keysOf,
  MIB,
  newKey,
  propertiesOf,
  put,
  written,
} from '../support/stored-bytes.ts';
import { describeConcurrency, describeKeys } from './object-keys.contract.ts';

export interface OpenedObjectStore {
  readonly store: ObjectStore;
  /** What the store was told that callers reach it by. */
  readonly publicUrl: string;
  close(): Promise<void>;
}

export interface ObjectStoreTraits {
  /** What reading an open object comes to once it is deleted: its bytes, or a failure, never anything else. */
  readonly deletedWhileOpen: 'readable' | 'unavailable';
}

/** Every promise of the port, held against one driver. `open` gives an empty store. */
export function describeObjectStore(
  name: string,
  open: () => Promise<OpenedObjectStore>,
  { deletedWhileOpen }: ObjectStoreTraits = { deletedWhileOpen: 'readable' },
): void {
  describe(`object store: ${name}`, () => {
    let opened: OpenedObjectStore;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const store = () => opened.store;
    describe('writing', () => describeCommit(store));
    describe('giving up', () => describeDiscard(store));
    describe('taken keys', () => describeConflict(store));
    describe('reading', () => describeReading(store));
    describe('deleting', () => describeDelete(store));
    describe('deleting what is open', () => DELETED_WHILE_OPEN[deletedWhileOpen](store));
    describe('listing', () => describeList(store));
    describe('keys', () => describeKeys(store));
    describe('many at once', () => describeConcurrency(store));
    describe('presigned URLs', () => describePresign(() => opened));
    test('check resolves while the store works, and leaves nothing', async () => {
      await expect(store().check()).resolves.toBeUndefined();
      expect(await keysOf(store())).toEqual([]);
    });
  });
}

function describeCommit(store: () => ObjectStore): void {
  test.each([
    ['no bytes', 0, MIB],
    ['one byte', 1, MIB],
    ['just under 1 MiB', MIB - 1, 64 * 1024],
    ['1 MiB', MIB, 64 * 1024],
    ['just over 1 MiB', MIB + 1, 64 * 1024],
    ['just over 1 MiB in one piece', MIB + 1, 2 * MIB],
    ['5 MiB in pieces of odd size', 5 * MIB + 13, 7919],
    ['4 MiB in one piece', 4 * MIB, 4 * MIB],
    ['3 MiB in pieces of 1 MiB', 3 * MIB, MIB],
  ])('%s are readable, byte for byte, once they are committed', async (_what, size, piece) => {
    const key = newKey();
    const bytes = bytesOf(size);
    await put(store(), key, bytes, piece);
    const object = await store().open(key);
    expect(object?.size_bytes).toBe(size);
    await object?.close();
    expect((await contentOf(store(), key))?.equals(bytes)).toBe(true);
  });

  test.each([
    ['small', 100_000],
    ['large', 3 * MIB + 5],
  ])('a %s object has the bytes whose memory it was given', async (_what, size) => {
    const key = newKey();
    const bytes = bytesOf(size);
    const draft = await store().begin();
    for (let at = 0; at < size; at += 64 * 1024)
      await draft.write(copyOf(bytes, at, at + 64 * 1024), 'given');
    await draft.commit(key, propertiesOf(bytes));
    expect((await contentOf(store(), key))?.equals(bytes)).toBe(true);
  });

  test.each([
    ['small', 100_000],
    ['large', 3 * MIB + 5],
  ])('the bytes that a %s object is written from stay their writer’s', async (_what, size) => {
    const bytes = copyOf(bytesOf(size), 0, size);
    const draft = await store().begin();
    await draft.write(bytes);
    await draft.commit(newKey(), propertiesOf(bytesOf(size)));
    expect(bytes.equals(bytesOf(size))).toBe(true);
  });

  test('pieces without bytes change nothing', async () => {
    const key = newKey();
    const draft = await store().begin();
    for (const piece of ['', 'a', '', '', 'bc', '']) await draft.write(Buffer.from(piece));
    await draft.commit(key, propertiesOf(Buffer.from('abc')));
    expect((await contentOf(store(), key))?.toString()).toBe('abc');
  });

  test.each([
    ['small', 10],
    ['large', 3 * MIB],
  ])('a %s draft cannot be seen before it is committed', async (_what, size) => {
    const key = newKey();
    const bytes = bytesOf(size);
    const draft = await written(store(), bytes);
    expect(await store().open(key)).toBeUndefined();
    expect(await keysOf(store())).toEqual([]);
    await draft.commit(key, propertiesOf(bytes));
    expect(await keysOf(store())).toEqual([key]);
  });
}

function describeDiscard(store: () => ObjectStore): void {
  test.each([
    ['an empty draft', 0],
    ['a small draft', 1000],
    ['a large draft', 3 * MIB],
  ])('%s that is discarded, even twice, leaves nothing', async (_what, size) => {
    const draft = await written(store(), bytesOf(size));
    await draft.discard();
    await draft.discard();
    expect(await keysOf(store())).toEqual([]);
  });

  test.each([
    ['a small draft', 1000],
    ['a large draft', 3 * MIB],
  ])('%s is discarded after a failed commit, even twice, and takes nothing with it', async (_what, size) => {
    const key = newKey();
    const first = bytesOf(2000, 1);
    await put(store(), key, first);
    const bytes = bytesOf(size, 2);
    const draft = await written(store(), bytes);
    await expect(draft.commit(key, propertiesOf(bytes))).rejects.toThrow();
    await draft.discard();
    await draft.discard();
    expect(await keysOf(store())).toEqual([key]);
    expect((await contentOf(store(), key))?.equals(first)).toBe(true);
  });
}

function describeConflict(store: () => ObjectStore): void {
  test.each([
    ['small', 'small', 100, 200],
    ['small', 'large', 100, 2 * MIB],
    ['large', 'small', 2 * MIB, 100],
    ['large', 'large', 2 * MIB, 2 * MIB],
  ])('of a %s object the key is taken for a %s one: conflict', async (_first, _second, size, otherSize) => {
    const key = newKey();
    const [bytes, others] = [bytesOf(size, 1), bytesOf(otherSize, 2)];
    await put(store(), key, bytes);
    const before = await store().open(key);
    const draft = await written(store(), others);
    await expect(draft.commit(key, propertiesOf(others))).rejects.toMatchObject({ code: 'conflict' });
    await draft.discard();
    const after = await store().open(key);
    expect(after?.etag).toBe(before?.etag);
    expect(after?.last_modified).toEqual(before?.last_modified);
    await before?.close();
    await after?.close();
    expect((await contentOf(store(), key))?.equals(bytes)).toBe(true);
  });
}

function describeReading(store: () => ObjectStore): void {
  const SIZE = MIB + MIB / 2 + 1;
  const bytes = bytesOf(SIZE);

  test.each([
    ['nothing at the start', 0, 0],
    ['nothing at the end', SIZE, SIZE],
    ['the first byte', 0, 1],
    ['the last byte', SIZE - 1, SIZE],
    ['some in the middle', 1234, 98_765],
    ['some across many pieces', 100, SIZE - 100],
    ['all', 0, SIZE],
  ])('a range, %s, is the same read at once and piece by piece', async (_what, start, end) => {
    const key = newKey();
    await put(store(), key, bytes);
    const object = await store().open(key);
    const expected = bytes.subarray(start, end);
    const atOnce = await object?.read(start, end);
    expect(expected.equals(atOnce ?? Buffer.from('nothing'))).toBe(true);
    const pieces = object ? await buffer(object.stream(start, end)) : Buffer.from('nothing');
    expect(expected.equals(pieces)).toBe(true);
    await object?.close();
  });

  test('a reader may release the memory of each piece of a stream', async () => {
    const key = newKey();
    await put(store(), key, bytes);
    const object = await store().open(key);
    for await (const piece of object?.stream(0, SIZE) ?? []) releaseMemory(piece);
    await object?.close();
    expect((await contentOf(store(), key))?.equals(bytes)).toBe(true);
  });

  test('one open object serves several ranges at the same time', async () => {
    const key = newKey();
    await put(store(), key, bytes);
    const object = await store().open(key);
    const starts = [700_000, 0, 1_200_000, 5, SIZE - 50];
    const pieces = await Promise.all(starts.map((start) => object?.read(start, start + 50)));
    expect(pieces.map((piece) => Buffer.from(piece ?? []))).toEqual(
      starts.map((start) => bytes.subarray(start, start + 50)),
    );
    await object?.close();
  });

  test('a stream may be left before its end', async () => {
    const key = newKey();
    await put(store(), key, bytes);
    const object = await store().open(key);
    for await (const piece of object?.stream(0, SIZE) ?? []) {
      expect(bytes.subarray(0, piece.length).equals(piece)).toBe(true);
      break;
    }
    expect(bytes.subarray(0, 10).equals((await object?.read(0, 10)) ?? Buffer.of())).toBe(true);
    await object?.close();
  });

  test('the entity tag is quoted, strong, its own for each object, and stays', async () => {
    const keys = [newKey(), newKey(), newKey('bob')];
    const etags = new Set<string>();
    for (const [seed, key] of keys.entries()) await put(store(), key, bytesOf(500, seed));
    for (const key of [...keys, ...keys]) {
      const object = await store().open(key);
      expect(object?.etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
      etags.add(object?.etag ?? '');
      await object?.close();
    }
    expect(etags.size).toBe(keys.length);
  });

  test('an object knows when it was written', async () => {
    const key = newKey();
    await put(store(), key, bytesOf(5));
    const object = await store().open(key);
    expect(Math.abs(Date.now() - Number(object?.last_modified))).toBeLessThan(60_000);
    await object?.close();
  });

  test('there is nothing under a key that was never written', async () => {
    await put(store(), newKey(), bytesOf(5));
    expect(await store().open(newKey())).toBeUndefined();
    expect(await store().open(newKey('nobody'))).toBeUndefined();
    expect(await store().open('alice')).toBeUndefined();
  });
}

function describeDelete(store: () => ObjectStore): void {
  test('a deleted object is gone, and deleting it again is fine', async () => {
    const [key, other] = [newKey(), newKey()];
    await put(store(), key, bytesOf(100));
    await put(store(), other, bytesOf(100));
    await store().delete(key);
    expect(await store().open(key)).toBeUndefined();
    expect(await keysOf(store())).toEqual([other]);
    await store().delete(key);
    expect(await keysOf(store())).toEqual([other]);
  });

  test('deleting what was never there is fine', async () => {
    await store().delete(newKey());
    await store().delete(newKey('nobody'));
    expect(await keysOf(store())).toEqual([]);
  });
}

const DELETED_WHILE_OPEN = {
  readable: describeReadableWhenDeleted,
  unavailable: describeUnavailableWhenDeleted,
};

function describeReadableWhenDeleted(store: () => ObjectStore): void {
  test.each([
    ['small', 1000],
    ['large', 3 * MIB],
  ])('an open %s object stays readable when it is deleted', async (_what, size) => {
    const key = newKey();
    const bytes = bytesOf(size);
    await put(store(), key, bytes);
    const object = await store().open(key);
    await store().delete(key);
    expect(await store().open(key)).toBeUndefined();
    expect(bytes.equals(object ? await buffer(object.stream(0, size)) : Buffer.of())).toBe(true);
    expect(bytes.subarray(5, 500).equals((await object?.read(5, 500)) ?? Buffer.of())).toBe(true);
    await object?.close();
  });
}

function describeUnavailableWhenDeleted(store: () => ObjectStore): void {
  test('reading an open object fails once it is deleted, also when another is under its key', async () => {
    const key = newKey();
    await put(store(), key, bytesOf(1000));
    const object = await store().open(key);
    if (!object) throw new Error('There is no object.');
    await store().delete(key);
    for (const others of [undefined, bytesOf(1000, 1)]) {
      if (others) await put(store(), key, others);
      await expect(object.read(5, 500)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(buffer(object.stream(0, 1000))).rejects.toMatchObject({ code: 'unavailable' });
    }
    await object.close();
  });
}

function describeList(store: () => ObjectStore): void {
  test('an empty store lists nothing', async () => {
    expect(await keysOf(store())).toEqual([]);
    expect(await keysOf(store(), 'alice/')).toEqual([]);
  });

  test('objects are listed by the beginning of their keys', async () => {
    const keys = ['alice', 'alice2', 'al', 'bob', 'a#b'].flatMap((user) => [newKey(user), newKey(user)]);
    for (const key of keys) await put(store(), key, bytesOf(3));
    const expected = (prefix: string) => keys.filter((key) => key.startsWith(prefix)).sort();
    for (const prefix of ['', 'alice/', 'alice', 'al', 'a%23b/', 'a%', 'zoe/', keys[3] ?? '']) {
      expect(await keysOf(store(), prefix)).toEqual(expected(prefix));
    }
  });

  test('a listing says how large each object is and when it was written', async () => {
    const sizes = new Map([0, 1, 77_777, 2 * MIB].map((size) => [newKey(), size]));
    for (const [key, size] of sizes) await put(store(), key, bytesOf(size));
    const listed = new Map<string, number>();
    for await (const { key, size_bytes, last_modified } of store().list('alice/')) {
      listed.set(key, size_bytes);
      expect(Math.abs(Date.now() - Number(last_modified))).toBeLessThan(60_000);
    }
    expect(listed).toEqual(sizes);
  });
}

function describePresign(use: () => OpenedObjectStore): void {
  const key = imageObjectKey('a#b/é', newImageId(0), 1);
  const options = {
    expires_at: 1_900_000_000_000,
    content_type: 'image/png' as const,
    content_disposition: `attachment; filename="a b.png"; filename*=UTF-8''%F0%9F%A6%85.png`,
  };

  test('a presigned URL is absolute and under the public URL', async () => {
    const { store, publicUrl } = use();
    const url = await store.presignRead(key, options);
    expect(URL.canParse(url)).toBe(true);
    expect(url.startsWith(`${publicUrl}/`)).toBe(true);
    expect(url).toMatch(/^[\x21-\x7e]+$/);
  });

  test('a presigned URL is the same for equal input and another for any other', async () => {
    const { store } = use();
    const urls = await Promise.all([
      store.presignRead(key, options),
      store.presignRead(imageObjectKey('a#b/é', newImageId(0), 2), options),
      store.presignRead(key, { ...options, expires_at: options.expires_at + 1000 }),
      store.presignRead(key, { ...options, content_type: 'image/gif' }),
      store.presignRead(key, { ...options, content_disposition: 'inline' }),
    ]);
    expect(new Set(urls).size).toBe(5);
    expect(await store.presignRead(key, { ...options })).toBe(urls[0]);
  });
}
