import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import {
  encodeKeyPart,
  imageIdOfKey,
  imageIdOfRendition,
  imageIdOfUpload,
  imageObjectKey,
  isObjectKey,
  isStrippedOf,
  ownerOfRenditions,
  renditionObjectKey,
  renditionsPrefix,
  replacementObjectKey,
  strippedObjectKey,
  unstrippedKey,
  versionOfKey,
  versionRenditionsPrefix,
} from './object-key.ts';

const anyText = fc.string({ unit: 'binary', minLength: 1 });

describe("a user's part of a key", () => {
  test.each([
    ['alice', 'alice'],
    ['Alice_1-2', 'Alice_1-2'],
    ['..', '%2E%2E'],
    ['a#b', 'a%23b'],
    ['a/b', 'a%2Fb'],
    ['%2F', '%252F'],
    ['é', '%C3%A9'],
    ['e\u0301', 'e%CC%81'],
    ['🦅', '%F0%9F%A6%85'],
    [' ', '%20'],
    ["~!*'()", '%7E%21%2A%27%28%29'],
    ['\u0000\n', '%00%0A'],
  ])('%j is written %s', (text, part) => {
    expect(encodeKeyPart(text)).toBe(part);
  });

  test('can be nothing but letters, digits, _, - and percent signs, and leads back to its text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const part = encodeKeyPart(text);
        expect(part).toMatch(/^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+$/);
        expect(decodeURIComponent(part)).toBe(text);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe("an image's key", () => {
  const id = newImageId(0);

  test('is its user and its id, with the version from the second on', () => {
    expect(imageObjectKey('alice', id, 1)).toBe(`alice/${id}`);
    expect(imageObjectKey('alice', id, 2)).toBe(`alice/${id}.v2`);
    expect(imageObjectKey('a/b', id, 31)).toBe(`a%2Fb/${id}.v31`);
  });

  test('is a key, of two segments, whoever the user is', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 1e6 }), (user, version) => {
        fc.pre(Buffer.byteLength(user) <= 128);
        const key = imageObjectKey(user, id, version);
        expect(isObjectKey(key)).toBe(true);
        expect(key.split('/')).toHaveLength(2);
        expect(key.startsWith('.')).toBe(false);
      }),
      { numRuns: 1000, seed: 2 },
    );
  });

  test('is at most 430 characters', () => {
    expect(imageObjectKey('🦅'.repeat(32), id, 9999).length).toBeLessThanOrEqual(430);
  });
});

describe("a rendition's key", () => {
  const id = newImageId(0);
  const name = 'w640-h480-cover-centre-q80.webp';
  const anyUser = anyText.filter((text) => Buffer.byteLength(text) <= 128);
  const anyVersion = fc.integer({ min: 1, max: 1e6 });
  const anyImage = fc.record({ user: anyUser, id: fc.uuid({ version: 7 }), version: anyVersion });
  /** Few of each, so that many pairs have one or two of the three in common. */
  const closeImage = fc.record({
    user: fc.constantFrom('a', 'ab', 'a/b', 'a%2Fb', '.', '..'),
    id: fc.constantFrom(id, newImageId(1)),
    version: fc.constantFrom(1, 2, 10, 11, 100),
  });

  test('lies below .renditions/, in a folder for each version of an image', () => {
    expect(renditionObjectKey('a/b', id, 1, name)).toBe(`.renditions/a%2Fb/${id}.v1/${name}`);
    expect(renditionObjectKey('alice', id, 12, 'thumb.avif')).toBe(`.renditions/alice/${id}.v12/thumb.avif`);
  });

  test('is a key, of at most 500 characters, and leads back to its image and version', () => {
    fc.assert(
      fc.property(anyImage, ({ user, id, version }) => {
        const key = renditionObjectKey(user, id, version, name);
        expect(isObjectKey(key)).toBe(true);
        expect(key.length).toBeLessThanOrEqual(500);
        expect(imageIdOfRendition(key)).toEqual({ image_id: id, version });
        const folder = key.slice(0, key.lastIndexOf('/'));
        expect(ownerOfRenditions(folder)).toEqual({ image_id: id, version });
        expect([key, folder.slice(0, folder.lastIndexOf('/'))].map(ownerOfRenditions)).toEqual([
          undefined,
          undefined,
        ]);
      }),
      { numRuns: 1000, seed: 3 },
    );
  });

  test('is that of no original and no upload, and theirs are of no rendition', () => {
    const key = renditionObjectKey('alice', id, 1, name);
    expect([imageIdOfKey(key), imageIdOfUpload(key)]).toEqual([undefined, undefined]);
    expect(imageIdOfRendition(imageObjectKey('alice', id, 2))).toBeUndefined();
  });

  test("begins with its own image's and version's prefix, and with no other's", () => {
    fc.assert(
      fc.property(fc.oneof(closeImage, anyImage), fc.oneof(closeImage, anyImage), (one, other) => {
        const key = renditionObjectKey(one.user, one.id, one.version, name);
        const sameImage = one.user === other.user && one.id === other.id;
        expect(key.startsWith(renditionsPrefix(other.user, other.id))).toBe(sameImage);
        expect(key.startsWith(versionRenditionsPrefix(other.user, other.id, other.version))).toBe(
          sameImage && one.version === other.version,
        );
      }),
      { numRuns: 3000, seed: 4 },
    );
  });

  test('no prefix begins with that of another image or version', () => {
    fc.assert(
      fc.property(closeImage, closeImage, (one, other) => {
        const sameImage = one.user === other.user && one.id === other.id;
        const prefix = renditionsPrefix(one.user, one.id);
        expect(prefix.startsWith(renditionsPrefix(other.user, other.id))).toBe(sameImage);
        const inner = versionRenditionsPrefix(one.user, one.id, one.version);
        const otherInner = versionRenditionsPrefix(other.user, other.id, other.version);
        expect(inner.startsWith(otherInner)).toBe(sameImage && one.version === other.version);
      }),
      { numRuns: 3000, seed: 5 },
    );
  });

  test.each([
    '',
    '.renditions/',
    `.renditions/alice/${id}.v1`,
    `.renditions/alice/${id}.v1/`,
    `.renditions/alice/${id}/thumb.webp`,
    `.renditions/alice/${id}.v0/thumb.webp`,
    `.renditions/alice/${id}.v01/thumb.webp`,
    `.renditions/alice/${id}.v1.5/thumb.webp`,
    `.renditions/alice/${id}.v1e3/thumb.webp`,
    `.renditions/alice/${id}.v${'9'.repeat(16)}/thumb.webp`,
    `.renditions/alice/${id}.t1/thumb.webp`,
    `.renditions/alice/${id.toUpperCase()}.v1/thumb.webp`,
    '.renditions/alice/other.v1/thumb.webp',
    `.renditions/${id}.v1/thumb.webp`,
    `.renditions/alice/x/${id}.v1/thumb.webp`,
    `.renditions/alice/${id}.v1/x/thumb.webp`,
    `.renditions/alice/${id}.v1/other.webp`,
    `.renditions/alice/${id}.v1/thumb.webp/`,
    `.renditions/alice/${id}.v1/thumb.webp\n`,
    `.renditions/a.b/${id}.v1/thumb.webp`,
    `.renditions/a%2fb/${id}.v1/thumb.webp`,
    `.renditions/%61/${id}.v1/thumb.webp`,
    `.renditions/%FF/${id}.v1/thumb.webp`,
    `.renditions/%/${id}.v1/thumb.webp`,
    `.renditions/../${id}.v1/thumb.webp`,
    `/.renditions/alice/${id}.v1/thumb.webp`,
    `x.renditions/alice/${id}.v1/thumb.webp`,
    `.uploads/alice/${id}.v1/thumb.webp`,
  ])('%j is of no rendition', (key) => {
    expect(imageIdOfRendition(key)).toBeUndefined();
  });
});

describe('what can be a key', () => {
  test.each(['a', 'a/b', 'a/b/c', '.trash/a', 'a.b', 'a..b', 'a.', '%', '_-', 'a'.repeat(1024)])(
    '%.40j can',
    (key) => {
      expect(isObjectKey(key)).toBe(true);
    },
  );

  test.each([
    '',
    '/',
    '.',
    '..',
    '...',
    './a',
    '../a',
    'a/..',
    'a/.',
    'a/../b',
    'a/./b',
    '/a',
    'a/',
    'a//b',
    'a b',
    'a\\b',
    'a\u0000',
    'a\n',
    'a+b',
    'é',
    'a?b',
    'a#b',
    '..a',
    'a:b',
    'a'.repeat(1025),
  ])('%.40j cannot', (key) => {
    expect(isObjectKey(key)).toBe(false);
  });
});

describe('the key of bytes that were made of others', () => {
  const id = newImageId(0);
  const [sent, stored] = ['0123456789abcdef'.repeat(4), 'fedcba9876543210'.repeat(4)];

  test.each([
    [imageObjectKey('a.s', id, 1), 1],
    [imageObjectKey('alice', id, 12), 12],
    [replacementObjectKey('alice', id, 3, 2), 3],
    [replacementObjectKey('alice', id, 1, 2), 1],
  ])('of those under %s leads back to them, their image and version', (key, version) => {
    const stripped = strippedObjectKey(key, sent, stored);
    expect(stripped).toBe(`${key}.s0123456789abcdeffedcba9876543210`);
    expect(isObjectKey(stripped)).toBe(true);
    expect([unstrippedKey(stripped), unstrippedKey(key)]).toEqual([key, undefined]);
    expect([versionOfKey(stripped), versionOfKey(key)]).toEqual([version, version]);
    expect(imageIdOfKey(stripped)).toBe(id);
  });

  test('says of which bytes they are', () => {
    const key = imageObjectKey('alice', id, 1);
    const stripped = strippedObjectKey(key, sent, stored);
    expect([isStrippedOf(stripped, sent), isStrippedOf(stripped, stored), isStrippedOf(key, sent)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
