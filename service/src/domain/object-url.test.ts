import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import { encodeKeyPart, imageObjectKey } from './object-key.ts';
import { type ObjectUrlGrant, signObjectUrl, verifyObjectUrl } from './object-url.ts';
import { createSigner } from './signing.ts';

const SECRET = 'a secret for tests, of 32 letters';
const signer = createSigner([SECRET], 'object-urls');
const EXPIRES = Date.UTC(2026, 4, 4, 12);

const GRANT: ObjectUrlGrant = {
  key: imageObjectKey('alice', newImageId(0), 1),
  expires_at: EXPIRES,
  content_type: 'image/png',
  content_disposition: `attachment; filename="a b?.png"; filename*=UTF-8''a%20b%3F.png`,
};

const url = signObjectUrl(signer, GRANT);
const verified = (target: string, now = EXPIRES - 1, by = signer) => verifyObjectUrl(by, target, now);

const [path = '', query = ''] = url.split('?');
const parameters = query.split('&');
const withParameters = (changed: readonly string[]) => `${path}?${changed.join('&')}`;

describe('a signed URL', () => {
  test('grants what was signed, until it expires, and not from then on', () => {
    expect(verified(url)).toEqual(GRANT);
    expect(verified(url, 0)).toEqual(GRANT);
    expect(verified(url, EXPIRES - 1)).toEqual(GRANT);
    expect(verified(url, EXPIRES)).toBeUndefined();
    expect(verified(url, EXPIRES + 1)).toBeUndefined();
  });

  test('says where the object is and what it is answered with', () => {
    expect(path).toBe(`/objects/${GRANT.key}`);
    expect(parameters.map((parameter) => parameter.split('=')[0])).toEqual([
      'expires',
      'response-content-type',
      'response-content-disposition',
      'signature',
    ]);
    expect(new URLSearchParams(query).get('expires')).toBe(String(EXPIRES / 1000));
    expect(url).toMatch(/^[\x21-\x7e]+$/);
  });

  test('is the same for the same grant', () => {
    expect(signObjectUrl(signer, { ...GRANT })).toBe(url);
  });

  test.each([
    ['..', `inline; filename="\u202e.jpg"`],
    ['a#b/c?d&e=f', 'inline'],
    ['%2F', 'attachment; filename="&signature=x"'],
    ['🦅'.repeat(32), ''],
    ['a b+c', `attachment; filename="a+b%20c.jpg"; filename*=UTF-8''%F0%9F%A6%85`],
  ])('carries any user and any name: %j, %j', (user, content_disposition) => {
    const grant = { ...GRANT, key: imageObjectKey(user, newImageId(1), 2), content_disposition };
    expect(verified(signObjectUrl(signer, grant))).toEqual(grant);
  });

  test('survives a browser, which parses and prints it', () => {
    for (const user of ['alice', '..', 'a#b/c?d', '🦅', `it's`]) {
      const grant = { ...GRANT, key: imageObjectKey(user, newImageId(1), 1) };
      const parsed = new URL(signObjectUrl(signer, grant), 'https://images.example.com');
      expect(verified(parsed.pathname + parsed.search)).toEqual(grant);
    }
  });

  test('is not good for what is no key, even if it was signed', () => {
    for (const key of ['../secret', 'a//b', '.', '']) {
      expect(verified(signObjectUrl(signer, { ...GRANT, key }))).toBeUndefined();
    }
  });
});

describe('a URL that is not as it was signed is refused', () => {
  const [expires = '', type = '', disposition = '', signature = ''] = parameters;

  test.each([
    ['a later expiry', [`expires=${EXPIRES / 1000 + 1}`, type, disposition, signature]],
    ['another type', [expires, 'response-content-type=text%2Fhtml', disposition, signature]],
    ['another name', [expires, type, 'response-content-disposition=inline', signature]],
    ['another signature', [expires, type, disposition, `${signature.slice(0, -2)}AA`]],
    ['no expiry', [type, disposition, signature]],
    ['no type', [expires, disposition, signature]],
    ['no name', [expires, type, signature]],
    ['no signature', [expires, type, disposition]],
    ['an empty signature', [expires, type, disposition, 'signature=']],
    ['a doubled expiry', [expires, expires, type, disposition, signature]],
    ['a doubled type', [expires, type, type, disposition, signature]],
    ['a doubled name', [expires, type, disposition, disposition, signature]],
    ['a doubled signature', [expires, type, disposition, signature, signature]],
    ['another type before', [expires, 'response-content-type=text/html', type, disposition, signature]],
    ['something more', [expires, type, disposition, 'x=1', signature]],
    ['something after', [expires, type, disposition, signature, 'x=1']],
    ['an empty parameter', [expires, type, disposition, '', signature]],
    ['another order', [type, expires, disposition, signature]],
    ['the signature first', [signature, expires, type, disposition]],
    ['another spelling of the type', [expires, type.replace('%2F', '/'), disposition, signature]],
    ['small letters in an escape', [expires, type.replace('%2F', '%2f'), disposition, signature]],
    ['an escape that need not be', [expires, type.replace('png', 'pn%67'), disposition, signature]],
    [
      'an escaped name of a parameter',
      [expires.replace('expires', 'expire%73'), type, disposition, signature],
    ],
    ['a plus sign spelled otherwise', [expires, type, disposition.replace('+', '%20'), signature]],
    ['a leading zero', [expires.replace('=', '=0'), type, disposition, signature]],
    ['a space', [`${expires}%20`, type, disposition, signature]],
  ])('%s', (_what, changed) => {
    const target = withParameters(changed);
    expect(target).not.toBe(url);
    expect(verified(target, 0)).toBeUndefined();
  });

  const other = imageObjectKey('bob', newImageId(5), 1);
  test.each([
    ['another object', `/objects/${other}?${query}`],
    ['a part of the key', `${path.slice(0, -1)}?${query}`],
    ['more of a key', `${path}.v2?${query}`],
    ['an escape that need not be', `${path.replace('alice', 'alic%65')}?${query}`],
    ['a detour', `${path.replace('/alice', '/x/../alice')}?${query}`],
    ['a slash too many', `${path.replace('/alice', '//alice')}?${query}`],
    ['a slash at the end', `${path}/?${query}`],
    ['another place', `${path.replace('/objects/', '/images/')}?${query}`],
    ['a place below', `/below${path}?${query}`],
    ['an absolute URL', `https://images.example.com${url}`],
    ['a fragment', `${url}#x`],
    ['a question mark too many', `${path}??${query}`],
    ['nothing', ''],
    ['only a path', path],
    ['only a signature', '&signature=x'],
    ['something unescapable', `/objects/%zz?x=1&signature=${signature.slice('signature='.length)}`],
  ])('%s', (_what, target) => {
    expect(verified(target, 0)).toBeUndefined();
  });

  test('any character changed', () => {
    for (let at = 0; at < url.length; at++) {
      const changed = url.slice(0, at) + (url[at] === 'A' ? 'B' : 'A') + url.slice(at + 1);
      expect(verified(changed, 0), `at ${at}`).toBeUndefined();
    }
  });
});

test('a signature of another secret or purpose is refused', () => {
  expect(verified(signObjectUrl(createSigner(['another secret'], 'object-urls'), GRANT))).toBeUndefined();
  expect(verified(signObjectUrl(createSigner([SECRET], 'page-tokens'), GRANT))).toBeUndefined();
  const rotated = createSigner(['another secret', SECRET], 'object-urls');
  expect(verified(url, 0, rotated)).toEqual(GRANT);
});

test('a signature of the same text for no method, or another, is refused', () => {
  const unsigned = url.slice(0, url.lastIndexOf('&signature='));
  expect(verified(`${unsigned}&signature=${signer.sign(unsigned)}`)).toBeUndefined();
  expect(verified(`${unsigned}&signature=${signer.sign(`PUT ${unsigned}`)}`)).toBeUndefined();
  expect(verified(`${unsigned}&signature=${signer.sign(`GET ${unsigned}`)}`)).toEqual(GRANT);
});

test('users that look like one another in a URL have URLs of their own', () => {
  const users = ['a/b', 'a%2Fb', 'a%252Fb', 'a b', 'a+b', 'a%20b'];
  const paths = users.map(
    (user) => signObjectUrl(signer, { ...GRANT, key: `${encodeKeyPart(user)}/x` }).split('?')[0],
  );
  expect(new Set(paths).size).toBe(users.length);
});
