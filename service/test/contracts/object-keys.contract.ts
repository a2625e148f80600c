import { expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey, strippedObjectKey } from '../../src/domain/object-key.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import {
  bytesOf,
  contentOf,
  keysOf,
  MIB,
  newKey,
  propertiesOf,
  put,
  written,
} from '../support/stored-bytes.ts';

/** None of them is made of segments of `[A-Za-z0-9_.%-]` that are neither empty nor `.` nor `..`. */
const NOT_KEYS = [
  ['', 'the empty text'],
  ['/', 'a slash'],
  ['.', 'a dot'],
  ['..', 'two dots'],
  ['...', 'three dots'],
  ['/etc/passwd', 'an absolute path'],
  ['../x', 'a path that leads up'],
  ['../../../../../../etc/passwd', 'a path that leads far up'],
  ['a/../b', 'two dots within'],
  ['a/..', 'two dots at the end'],
  ['a/./b', 'a dot within'],
  ['a//b', 'an empty segment'],
  ['a/', 'a slash at the end'],
  ['a\\..\\b', 'backslashes'],
  ['a b', 'a space'],
  ['a\u0000b', 'a NUL'],
  ['a\nb', 'a line end'],
  ['é', 'a letter beyond ASCII'],
  ['a+b', 'a plus sign'],
  ['a?b', 'a question mark'],
  ['a'.repeat(1025), 'more than 1,024 characters'],
] as const;

/** The part of the port's contract that has to do with keys: which there can be, and which cannot. */
export function describeKeys(store: () => ObjectStore): void {
  const EMOJI = '🦅'.repeat(32);
  test.each([
    ['percent-escapes', newKey('a#b/c%2F é')],
    ['dots of a user', newKey('..')],
    ['a slash of a user', newKey('../../etc/passwd')],
    ['128 bytes of emoji as user', newKey(EMOJI)],
    ['a part of 384 characters', `${'%F0'.repeat(128)}/${newImageId(0)}`],
    ['a later version', imageObjectKey('alice', newImageId(0), 12)],
    ['bytes that were made of others', strippedObjectKey(newKey(EMOJI), 'ab'.repeat(32), '01'.repeat(32))],
    ['a prefix of our own', `.trash/${newKey()}`],
    ['1,024 characters', `${'a'.repeat(1000)}/${'b'.repeat(23)}`],
  ])('a key may have %s', async (_what, key) => {
    const bytes = bytesOf(300);
    await put(store(), key, bytes);
    expect((await contentOf(store(), key))?.equals(bytes)).toBe(true);
    expect(await keysOf(store())).toEqual([key]);
    expect(await keysOf(store(), key.slice(0, -1))).toEqual([key]);
    await store().delete(key);
    expect(await keysOf(store())).toEqual([]);
  });

  test('keys that differ only late, in long parts, are different keys', async () => {
    const id = newImageId(0);
    const users = [
      '🦅'.repeat(32),
      `${'🦅'.repeat(31)}🦆`,
      '🦅'.repeat(31),
      'a'.repeat(128),
      'a'.repeat(127),
    ];
    const keys = users.map((user) => imageObjectKey(user, id, 1));
    for (const [seed, key] of keys.entries()) await put(store(), key, bytesOf(50, seed));
    for (const [seed, key] of keys.entries()) {
      expect((await contentOf(store(), key))?.equals(bytesOf(50, seed))).toBe(true);
    }
  });

  test.each(NOT_KEYS)('%j is no key (%s): it is refused, and nothing is touched', async (key) => {
    const kept = newKey();
    await put(store(), kept, bytesOf(10));
    for (const size of [10, 2 * MIB]) {
      const draft = await written(store(), bytesOf(size));
      await expect(draft.commit(key, propertiesOf(bytesOf(size)))).rejects.toThrow('Not an object key');
      await draft.discard();
    }
    await expect(store().open(key)).rejects.toThrow('Not an object key');
    await expect(store().delete(key)).rejects.toThrow('Not an object key');
    expect(await keysOf(store())).toEqual([kept]);
  });
}

/** The part of the port's contract for many writers at the same time. */
export function describeConcurrency(store: () => ObjectStore): void {
  test('drafts of the same and of different users do not get into each other', async () => {
    const users = ['alice', 'bob', '🦅'.repeat(32), `${'🦅'.repeat(31)}🦆`, '..', 'a#b'];
    const objects = users.flatMap((user, index) =>
      Array.from({ length: 10 }, (_, n) => ({
        key: newKey(user),
        bytes: bytesOf(n === 0 ? MIB + 4321 : 40_000 + n, index * 10 + n),
      })),
    );
    await Promise.all(objects.map(({ key, bytes }) => put(store(), key, bytes, 30_011)));
    expect(await keysOf(store())).toEqual(objects.map(({ key }) => key).sort());
    for (const { key, bytes } of objects) {
      expect((await contentOf(store(), key))?.equals(bytes)).toBe(true);
    }
  });

  test.each([
    ['small', 5000],
    ['large', MIB + 5000],
  ])('of several %s drafts for one key exactly one gets it, whole', async (_what, size) => {
    const key = newKey();
    const contents = Array.from({ length: 8 }, (_, seed) => bytesOf(size, seed));
    const drafts = await Promise.all(contents.map((bytes) => written(store(), bytes)));
    const outcomes = await Promise.allSettled(
      drafts.map((draft, index) => draft.commit(key, propertiesOf(contents[index] ?? Buffer.of()))),
    );
    const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue;
      expect(outcome.reason).toMatchObject({ code: 'conflict' });
      await drafts[index]?.discard();
    }
    const winner = contents[winners[0] ?? -1] ?? Buffer.of();
    expect((await contentOf(store(), key))?.equals(winner)).toBe(true);
    expect(await keysOf(store())).toEqual([key]);
  });

  test('deletes and commits of one user go on at the same time', async () => {
    const old = Array.from({ length: 20 }, () => newKey());
    for (const key of old) await put(store(), key, bytesOf(20));
    const fresh = Array.from({ length: 20 }, () => newKey());
    await Promise.all([
      ...old.map((key) => store().delete(key)),
      ...fresh.map((key) => put(store(), key, bytesOf(20))),
    ]);
    expect(await keysOf(store())).toEqual(fresh.sort());
  });
}
