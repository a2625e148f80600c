import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSigner } from './signing.ts';

const [ONE, TWO, THREE] = [
  'a first secret of 32 letters or so',
  'a second secret of 32 letters or so',
  'a third one',
];

describe('a signature', () => {
  const signer = createSigner([ONE], 'tests');

  test('is good for its text and no other', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, other) => {
        expect(signer.verify(text, signer.sign(text))).toBe(true);
        expect(signer.verify(other, signer.sign(text))).toBe(other === text);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('is the HMAC-SHA256 of the text in UTF-8, however long that is', () => {
    const key = Buffer.from(hkdfSync('sha256', ONE, 'tintype', 'tests', 32));
    const hmac = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.constantFrom(
        '',
        'é'.repeat(700),
        '字'.repeat(700),
        'a'.repeat(1983),
        'a'.repeat(1984),
        'a'.repeat(1985),
        '\ud800',
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(signer.sign(text).split('.')[1]).toBe(hmac(text));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('is the same for the same text, also from another signer of the same secret', () => {
    expect(createSigner([ONE], 'tests').sign('a')).toBe(signer.sign('a'));
  });

  test('is a key id and 256 bits, in characters that a URL carries as they are', () => {
    expect(signer.sign('a')).toMatch(/^[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{43}$/);
  });

  test('is refused with any character changed, left out or added', () => {
    const signature = signer.sign('a');
    for (let at = 0; at < signature.length; at++) {
      const other = signature[at] === 'A' ? 'B' : 'A';
      expect(signer.verify('a', signature.slice(0, at) + other + signature.slice(at + 1))).toBe(false);
      expect(signer.verify('a', signature.slice(0, at) + signature.slice(at + 1))).toBe(false);
      expect(signer.verify('a', signature.slice(0, at))).toBe(false);
    }
    for (const more of ['A', '=', '.', ' ', '\n', '.A']) {
      expect(signer.verify('a', signature + more)).toBe(false);
      expect(signer.verify('a', more + signature)).toBe(false);
    }
  });

  test('has one spelling: another one of the same bits is refused', () => {
    const signature = signer.sign('a');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(signature.at(-1) ?? '');
    const alike = [1, 2, 3].map((bit) => signature.slice(0, -1) + alphabet[last ^ bit]);
    const bytesOf = (text: string) => Buffer.from(text.slice(7), 'base64url').toString('hex');
    expect(alike.some((other) => bytesOf(other) === bytesOf(signature))).toBe(true);
    for (const other of alike) expect(signer.verify('a', other)).toBe(false);
  });

  test.each(['', '.', 'A', 'AAAAAA.', '.AAAA', 'undefined', '__proto__.x', `${'A'.repeat(1e6)}`])(
    'that is none, such as %.20j, is refused',
    (signature) => {
      expect(signer.verify('a', signature)).toBe(false);
    },
  );
});

describe('keys', () => {
  test('of another purpose or another secret are others', () => {
    const signature = createSigner([ONE], 'tests').sign('a');
    expect(createSigner([ONE], 'other').verify('a', signature)).toBe(false);
    expect(createSigner([TWO], 'tests').verify('a', signature)).toBe(false);
    const ids = [
      createSigner([ONE], 'tests'),
      createSigner([ONE], 'other'),
      createSigner([TWO], 'tests'),
    ].map((signer) => signer.sign('a').split('.')[0]);
    expect(new Set(ids).size).toBe(3);
  });

  test("do not pass under another key's id", () => {
    const both = createSigner([ONE, TWO], 'tests');
    const [first, second] = [createSigner([ONE], 'tests').sign('a'), createSigner([TWO], 'tests').sign('a')];
    expect(both.verify('a', first) && both.verify('a', second)).toBe(true);
    expect(both.verify('a', first.slice(0, 7) + second.slice(7))).toBe(false);
    expect(both.verify('a', second.slice(0, 7) + first.slice(7))).toBe(false);
  });

  test('rotate: the newest signs, all verify, and one that is left out is forgotten', () => {
    const before = createSigner([ONE], 'tests');
    const during = createSigner([TWO, ONE], 'tests');
    const after = createSigner([THREE, TWO], 'tests');
    expect(during.verify('a', before.sign('a'))).toBe(true);
    expect(during.sign('a')).toBe(createSigner([TWO], 'tests').sign('a'));
    expect(before.verify('a', during.sign('a'))).toBe(false);
    expect(after.verify('a', during.sign('a'))).toBe(true);
    expect(after.verify('a', before.sign('a'))).toBe(false);
  });

  test('there must be', () => {
    expect(() => createSigner([], 'tests')).toThrow('at least one secret');
  });

  test('are not to be seen in what they sign', () => {
    expect(createSigner([ONE], 'tests').sign(ONE)).not.toContain(
      Buffer.from(ONE).toString('base64url').slice(0, 8),
    );
  });
});
