import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { create as contentDisposition } from 'content-disposition';
import { describe, expect, test } from 'vitest';
import { ecdsaPrivateKey, readSignedUrl, rsaKeyPair } from '../../../test/support/cloudfront.ts';
import { newKey } from '../../../test/support/stored-bytes.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import type { PresignReadOptions } from '../../ports/object-store.ts';
import { createCloudFrontUrls } from './cloudfront-urls.ts';

const CDN = { url: 'https://d111111abcdef8.cloudfront.net', keyPairId: 'K2JCJMDEHXQW5F' };
const { publicKey, privateKey } = rsaKeyPair();
const TRUSTED = { keyPairId: CDN.keyPairId, publicKey };
const EXPIRES_AT = Date.parse('2026-11-22T03:00:00.000Z');

const presignWith = createCloudFrontUrls({ ...CDN, privateKey });
const presign = (key: string, differing: Partial<PresignReadOptions> = {}) =>
  presignWith(key, {
    expires_at: EXPIRES_AT,
    content_type: 'image/png',
    content_disposition: 'inline; filename="sea.png"',
    ...differing,
  });

describe('a signed URL of CloudFront', () => {
  test('is signed for itself and its expiry, with the id of the public key', async () => {
    const key = newKey();
    const url = await presign(key);
    expect(readSignedUrl(url, TRUSTED)).toEqual({
      resource:
        `${CDN.url}/${key}?response-content-type=image%2Fpng` +
        '&response-content-disposition=inline%3B%20filename%3D%22sea.png%22',
      expires: EXPIRES_AT / 1000,
    });
    const { searchParams } = new URL(url);
    expect(searchParams.get('Expires')).toBe('1795316400');
    expect(searchParams.get('Key-Pair-Id')).toBe(CDN.keyPairId);
    expect([...searchParams.keys()].sort()).toEqual([
      'Expires',
      'Key-Pair-Id',
      'Signature',
      'response-content-disposition',
      'response-content-type',
    ]);
  });

  test('is the same for one expiry, whenever and by whom it is made, and another for another', async () => {
    const key = newKey();
    const first = await presign(key);
    expect(await presign(key)).toBe(first);
    const pkcs1 = createPrivateKey(privateKey).export({ type: 'pkcs1', format: 'pem' }).toString();
    const another = createCloudFrontUrls({ ...CDN, privateKey: `\n${pkcs1}\n` });
    const options = {
      expires_at: EXPIRES_AT,
      content_type: 'image/png',
      content_disposition: 'inline; filename="sea.png"',
    } as const;
    expect(await another(key, options)).toBe(first);
    expect(await presign(key, { expires_at: EXPIRES_AT + 1000 })).not.toBe(first);
  });

  test.each([
    ['another key', (url: string) => url.replace('.net/alice/', '.net/bob/')],
    ['another type', (url: string) => url.replace('image%2Fpng', 'text%2Fhtml')],
    ['another disposition', (url: string) => url.replace('inline', 'attachment')],
    ['no disposition', (url: string) => url.replace(/&response-content-disposition=[^&]+/, '')],
    ['one parameter more', (url: string) => `${url}&response-cache-control=public`],
    ['a later expiry', (url: string) => url.replace('Expires=1', 'Expires=2')],
    ['another distribution', (url: string) => url.replace('d111111', 'd222222')],
  ])('is good for nothing else: not for %s', async (_what, forge) => {
    const url = await presign(newKey('alice'));
    const forged = forge(url);
    expect(forged).not.toBe(url);
    expect(readSignedUrl(url, TRUSTED)).toBeDefined();
    expect(readSignedUrl(forged, TRUSTED)).toBeUndefined();
  });

  test.each([
    'alice',
    '..',
    '../../etc/passwd',
    'a#b/c%2F é',
    '%',
    '%2F',
    '%252F',
    '100%',
    'a?b=c&d',
    'a+b c',
    'a*b',
    "'; DROP TABLE images; --",
    'e\u0301',
    '🦅'.repeat(32),
  ])('leads to the object of the user %j, however browsers read it', async (user) => {
    const key = newKey(user);
    const url = await presign(key);
    expect(new URL(url).href).toBe(url);
    expect(readSignedUrl(url, TRUSTED)).toBeDefined();
    const { pathname } = new URL(url);
    expect(decodeURIComponent(pathname)).toBe(`/${key}`);
    // One layer for the key's own percent signs, one for the URL.
    expect(decodeURIComponent(decodeURIComponent(pathname)).startsWith(`/${user}/`)).toBe(true);
  });

  test.each(['sea.png', 'Größe & "Möwe" (1)*.png', "it's 100% +1!.png", 'a=b;c?d#e/f\\g.png', '🦅~.png'])(
    'has its answer downloaded as %j',
    async (filename) => {
      const content_disposition = contentDisposition(filename, { type: 'attachment' });
      const url = await presign(newKey(), { content_disposition, content_type: 'image/avif' });
      expect(new URL(url).href).toBe(url);
      const { resource } = readSignedUrl(url, TRUSTED) ?? { resource: '' };
      const { searchParams } = new URL(resource);
      expect(searchParams.get('response-content-disposition')).toBe(content_disposition);
      expect(searchParams.get('response-content-type')).toBe('image/avif');
      // One spelling alone: nobody in between has to agree about quotes, stars or plus signs.
      expect(resource.split('?')[1]).toMatch(/^[\w.~%&=-]+$/);
    },
  );

  test('begins with whatever the distribution is reached at', async () => {
    const url = 'https://images.example.com/cdn';
    const key = newKey('50%');
    const signed = await createCloudFrontUrls({ ...CDN, url, privateKey })(key, {
      expires_at: EXPIRES_AT,
      content_type: 'image/gif',
      content_disposition: 'inline',
    });
    expect(signed.startsWith(`${url}/50%2525/`)).toBe(true);
    expect(readSignedUrl(signed, TRUSTED)).toBeDefined();
  });
});

describe('a private key for CloudFront', () => {
  const create = (pem: string) => () => createCloudFrontUrls({ ...CDN, privateKey: pem });
  const encrypted = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  });

  test.each([
    ['nothing', ''],
    ['another text', 'a secret for tests of 32 letters'],
    ['the public key', publicKey],
    ['half of it', privateKey.slice(0, privateKey.length / 2)],
    ['one with a passphrase', encrypted.toString()],
  ])('is not %s: the start ends with a remedy', (_what, pem) => {
    expect(create(pem)).toThrow(OperatorError);
    expect(create(pem)).toThrow(/^The secret at CDN_PRIVATE_KEY_ARN is no private key: it must be PEM/);
  });

  test.each([
    ['ec', ecdsaPrivateKey()],
    [
      'ed25519',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
  ])(
    'of the kind %s is refused, and the reason said: no cache could keep what has a new URL each time',
    (kind, pem) => {
      expect(create(pem)).toThrow(OperatorError);
      expect(create(pem)).toThrow(
        `The private key at CDN_PRIVATE_KEY_ARN is of the kind ${kind}, and must be RSA: others sign differently ` +
          'each time, so that an image would get a new URL at each request and no cache could keep it.',
      );
    },
  );

  test('of another size is refused: CloudFront has no public key for it', () => {
    expect(create(rsaKeyPair(3072).privateKey)).toThrow(
      'The private key at CDN_PRIVATE_KEY_ARN has 3072 bits; CloudFront takes RSA keys of 2048 bits alone.',
    );
  });
});
