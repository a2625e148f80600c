import { join, normalize, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newImageId } from '../../../domain/image-id.ts';
import { encodeKeyPart, imageObjectKey, isObjectKey } from '../../../domain/object-key.ts';
import { keyOfPath, pathOfKey, placeOfPrefix } from './key-path.ts';

/** Segments of keys, many of them about as long as names are cut, with dots at every place. */
const anySegment = fc
  .tuple(
    fc.stringMatching(/^\.?[A-Za-z0-9_%-]$/),
    fc.constantFrom('', 'a'.repeat(197), 'b'.repeat(198), 'c'.repeat(199), 'd'.repeat(200), 'e'.repeat(398)),
    fc.stringMatching(/^[A-Za-z0-9_.%-]{0,12}$/),
  )
  .map((parts) => parts.join(''));

const anyKey = fc
  .array(anySegment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter(isObjectKey);

/** Keys whose segments end with dots just after the place where a name is cut. */
const anyDottedKey = fc
  .tuple(fc.integer({ min: 195, max: 205 }), fc.integer({ min: 0, max: 6 }), fc.constantFrom('', 'x', '/x'))
  .map(([letters, dots, end]) => 'a'.repeat(letters) + '.'.repeat(dots) + end);

const mixed = fc.oneof(anyKey, anyDottedKey);

test('the path of an ordinary key is the key', () => {
  const key = imageObjectKey('alice', newImageId(0), 1);
  expect(pathOfKey(key)).toBe(key);
});

test('a path leads back to its key, so that no two keys have the same', () => {
  fc.assert(
    fc.property(mixed, (key) => {
      expect(keyOfPath(pathOfKey(key))).toBe(key);
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test('no two keys lead to the same place on the disk', () => {
  const keys = new Set(fc.sample(mixed, { numRuns: 3000, seed: 2 }));
  expect(new Set([...keys].map((key) => normalize(pathOfKey(key)))).size).toBe(keys.size);
});

test('a path stays below its folder, and each of its names is one that file systems take', () => {
  fc.assert(
    fc.property(mixed, (key) => {
      const path = pathOfKey(key);
      expect(relative('/data/objects', join('/data/objects', path))).toBe(path);
      for (const name of path.split('/')) {
        expect(name.length).toBeLessThanOrEqual(255);
        expect(['', '.', '..']).not.toContain(name);
      }
    }),
    { numRuns: 3000, seed: 3 },
  );
});

test('the file of one image is never where another needs a folder', () => {
  const anyImageKey = fc
    .tuple(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
      fc.uuid({ version: 7 }),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([user, id, version]) => imageObjectKey(user, id, version));
  const longUsers = ['🦅'.repeat(32), `${'🦅'.repeat(31)}🦆`, '🦅'.repeat(16), 'a'.repeat(128)];
  const keys = [
    ...fc.sample(anyImageKey, { numRuns: 2000, seed: 4 }),
    ...longUsers.map((user) => imageObjectKey(user, newImageId(0), 1)),
  ];
  const files = new Set(keys.map(pathOfKey));
  const folders = new Set<string>();
  for (const file of files) {
    for (let at = file.indexOf('/'); at !== -1; at = file.indexOf('/', at + 1))
      folders.add(file.slice(0, at));
  }
  expect(folders.size).toBeGreaterThan(1000);
  expect([...files].filter((file) => folders.has(file))).toEqual([]);
});

test('a long part is cut into nested folders', () => {
  const user = encodeKeyPart('🦅'.repeat(32));
  expect(user).toHaveLength(384);
  const names = pathOfKey(`${user}/${newImageId(0)}`).split('/');
  expect(names).toHaveLength(3);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(255);
});

/** Whether a file of this path is among those that lie at the place of the prefix. */
function isFoundFrom(prefix: string, path: string): boolean {
  const place = placeOfPrefix(prefix);
  if (place === undefined) return false;
  return path.startsWith(place.folder === '' ? place.name : `${place.folder}/${place.name}`);
}

test('the place of a prefix leads to every key that begins with it', () => {
  fc.assert(
    fc.property(mixed, fc.double({ min: 0, max: 1, noNaN: true }), (key, share) => {
      const prefix = key.slice(0, Math.round(key.length * share));
      expect(isFoundFrom(prefix, pathOfKey(key))).toBe(true);
    }),
    { numRuns: 5000, seed: 5 },
  );
});

test('the place of a prefix is as deep as the prefix determines, and below the folder', () => {
  const long = 'a'.repeat(500);
  const [first, second] = [`${'a'.repeat(200)}+`, `+${'a'.repeat(199)}+`];
  expect(placeOfPrefix('')).toEqual({ folder: '', name: '' });
  expect(placeOfPrefix('al')).toEqual({ folder: '', name: 'al' });
  expect(placeOfPrefix('alice/')).toEqual({ folder: 'alice', name: '' });
  expect(placeOfPrefix('.renditions/alice/0')).toEqual({ folder: '.renditions/alice', name: '0' });
  expect(placeOfPrefix(long.slice(0, 200))).toEqual({ folder: '', name: 'a'.repeat(200) });
  expect(placeOfPrefix(long.slice(0, 201))).toEqual({ folder: first, name: '+a' });
  expect(placeOfPrefix(long)).toEqual({ folder: `${first}/${second}`, name: `+${'a'.repeat(101)}` });
  expect(placeOfPrefix(`${long}/`)).toEqual({
    folder: `${first}/${second}/+${'a'.repeat(101)}`,
    name: '',
  });
});

test.each(['.', '.u', 'a.', 'a'.repeat(1023), 'a'.repeat(1024)])('a key can begin with %.20j', (prefix) => {
  expect(placeOfPrefix(prefix)).toEqual(expect.objectContaining({ folder: expect.any(String) }));
});

test.each([
  ...['/', '..', '../', 'a/..', 'a/../b', './a', 'a//', 'a/./', '/etc/', 'a b', 'a+', 'a\0b'],
  'é'.repeat(300),
  'a'.repeat(1025),
])('no key begins with %.20j, which has no place', (prefix) => {
  expect(placeOfPrefix(prefix)).toBeUndefined();
});

test.each(['', '.', '..', '../x', 'a/../b', 'a//b', '/a', 'a/', 'a/./b', 'a+b', 'a\0b', 'a'.repeat(1025)])(
  '%j is no key and has no path',
  (key) => {
    expect(() => pathOfKey(key)).toThrow('Not an object key');
  },
);

test.each([
  '',
  '.',
  '..',
  '../x',
  'a+/b',
  'a+/+b',
  '+a',
  'a+',
  'lost+found',
  'a b',
  '.DS_Store~',
  `${'a'.repeat(201)}`,
])('a file called %j is none of ours', (path) => {
  expect(keyOfPath(path)).toBeUndefined();
});
