import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import { imageObjectKey, UPLOADS_PREFIX } from './object-key.ts';
import { signObjectUrl, verifyObjectUrl } from './object-url.ts';
import { signTarget } from './signed-target.ts';
import { createSigner } from './signing.ts';
import {
  signPartUrl,
  signUploadForm,
  signUploadUrl,
  type UploadUrlGrant,
  uploadHeaders,
  verifyUploadForm,
  verifyUploadUrl,
} from './upload-url.ts';

const SECRET = 'a secret for tests, of 32 letters';
const signer = createSigner([SECRET], 'upload-urls');
const EXPIRES = Date.UTC(2026, 4, 4, 12);
const NOW = EXPIRES - 1;

const GRANT: UploadUrlGrant = {
  key: UPLOADS_PREFIX + imageObjectKey('a#b/c+é', newImageId(0), 1),
  expires_at: EXPIRES,
  content_type: 'image/svg+xml',
  size_bytes: 41_943_040,
  checksum_sha256: '5e'.repeat(32),
};
const UNCHECKED: UploadUrlGrant = { ...GRANT, checksum_sha256: undefined };
const PART = {
  key: GRANT.key,
  expires_at: EXPIRES,
  size_bytes: 5,
  parts_id: 'a0b1c2d3-0000-4000-8000-000000000000',
  number: 17,
};

const URLS = [
  ['an upload with a checksum', GRANT, signUploadUrl(signer, GRANT)],
  ['an upload without a checksum', UNCHECKED, signUploadUrl(signer, UNCHECKED)],
  ['a part', PART, signPartUrl(signer, PART)],
] as const;

describe.each(URLS)('a signed URL for %s', (_what, grant, url) => {
  const verified = (target: string, now = NOW, by = signer) => verifyUploadUrl(by, target, now);
  const [path = '', query = ''] = url.split('?');
  const parameters = query.split('&');

  test('grants what was signed, until it expires, and not from then on', () => {
    expect(verified(url)).toEqual(grant);
    expect(verified(url, 0)).toEqual(grant);
    expect(verified(url, EXPIRES)).toBeUndefined();
    expect(url).toMatch(/^\/objects\/[\x21-\x7e]+$/);
  });

  test('grants nothing with any character changed', () => {
    for (let at = 0; at < url.length; at++) {
      const changed = url.slice(0, at) + (url[at] === 'A' ? 'B' : 'A') + url.slice(at + 1);
      expect(verified(changed, 0), `at ${at}`).toBeUndefined();
    }
  });

  test('grants nothing with a parameter dropped, doubled, moved, added or spelled otherwise', () => {
    const forgeries = parameters.flatMap((parameter, at) => [
      parameters.toSpliced(at, 1),
      [parameter, ...parameters],
      [...parameters, parameter],
      parameters.with(at, parameter.replace('=', '=0')),
      parameters.with(
        at,
        parameter.replace(/^./, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
      ),
      parameters.with(at, `${parameter}%20`),
    ]);
    for (const forged of [...forgeries, ['x=1', ...parameters], parameters.toReversed()]) {
      expect(verified(`${path}?${forged.join('&')}`, 0), forged.join('&')).toBeUndefined();
    }
  });

  test('grants nothing elsewhere', () => {
    for (const forged of [
      `${path.replace('/objects/', '/images/')}?${query}`,
      `/below${url}`,
      `${path}/?${query}`,
      `${path.replace('/objects/', '/objects//')}?${query}`,
      `${path.replace('.uploads', '%2Euploads')}?${query}`,
      `${path.replaceAll('%25', '%')}?${query}`,
      `https://images.example.com${url}`,
      `${url}#x`,
      path,
      '',
    ]) {
      expect(verified(forged, 0), forged).toBeUndefined();
    }
  });

  test('grants nothing with a signature of another secret, purpose or method', () => {
    const unsigned = url.slice(0, url.lastIndexOf('&signature='));
    for (const signature of [
      createSigner(['another secret'], 'upload-urls').sign(`PUT ${unsigned}`),
      createSigner([SECRET], 'object-urls').sign(`PUT ${unsigned}`),
      signer.sign(unsigned),
      signer.sign(`GET ${unsigned}`),
      signer.sign(`POST ${unsigned}`),
    ]) {
      expect(verified(`${unsigned}&signature=${signature}`)).toBeUndefined();
    }
    expect(verified(`${unsigned}&signature=${signer.sign(`PUT ${unsigned}`)}`)).toEqual(grant);
    const rotated = createSigner(['another secret', SECRET], 'upload-urls');
    expect(verified(url, NOW, rotated)).toEqual(grant);
  });

  test('does not read an object, even where both purposes had one key', () => {
    expect(verifyObjectUrl(signer, url, NOW)).toBeUndefined();
  });
});

test('a URL that reads an object brings no bytes, even where both purposes had one key', () => {
  const read = { key: GRANT.key, expires_at: EXPIRES, content_type: 'image/png', content_disposition: '' };
  expect(verifyUploadUrl(signer, signObjectUrl(signer, read), NOW)).toBeUndefined();
});

test('nothing is granted outside the folder of uploads, even if it were signed', () => {
  const key = imageObjectKey('alice', newImageId(0), 1);
  expect(verifyUploadUrl(signer, signUploadUrl(signer, { ...GRANT, key }), NOW)).toBeUndefined();
  expect(verifyUploadUrl(signer, signPartUrl(signer, { ...PART, key }), NOW)).toBeUndefined();
  expect(verifyUploadForm(signer, formOf(signUploadForm(signer, { ...GRANT, key })), NOW)).toBeUndefined();
});

test('a URL without an expiry grants nothing, even if it were signed', () => {
  expect(verifyUploadUrl(signer, signTarget(signer, 'PUT', GRANT.key, {}), NOW)).toBeUndefined();
});

test('the headers of a PUT are its type and its checksum in base64, where there is one', () => {
  const checksum = Buffer.alloc(32, 0x5e).toString('base64');
  expect(uploadHeaders(GRANT)).toEqual({
    'content-type': 'image/svg+xml',
    'x-amz-checksum-sha256': checksum,
  });
  expect(uploadHeaders(UNCHECKED)).toEqual({ 'content-type': 'image/svg+xml' });
});

const formOf = (fields: Readonly<Record<string, string>>) =>
  new Map(Object.entries(fields).map(([name, value]) => [name, [value]]));

describe.each([
  ['with a checksum', GRANT],
  ['without a checksum', UNCHECKED],
])('a signed form %s', (_what, grant) => {
  const fields = signUploadForm(signer, grant);
  const verified = (given: ReadonlyMap<string, readonly string[]>, now = NOW, by = signer) =>
    verifyUploadForm(by, given, now);
  const changed = (name: string, values: readonly string[] | undefined) => {
    const form = new Map<string, readonly string[]>(formOf(fields));
    if (values) form.set(name, values);
    else form.delete(name);
    return form;
  };

  test('grants what was signed, until it expires, and not from then on', () => {
    expect(verified(formOf(fields))).toEqual(grant);
    expect(verified(formOf(fields), EXPIRES)).toBeUndefined();
  });

  test('has the shape of one for S3: a policy in base64 that names each field and the size', () => {
    const { policy = '', signature: _signature, ...named } = fields;
    expect(JSON.parse(Buffer.from(policy, 'base64').toString())).toEqual({
      expiration: '2026-05-04T12:00:00.000Z',
      conditions: [
        ...Object.entries(named).map(([name, value]) => ({ [name]: value })),
        ['content-length-range', 41_943_040, 41_943_040],
      ],
    });
    expect(named).toMatchObject({ key: grant.key, 'Content-Type': 'image/svg+xml' });
    expect('x-amz-checksum-sha256' in named).toBe(grant.checksum_sha256 !== undefined);
  });

  test('grants nothing with a field changed, left out, emptied, doubled or added', () => {
    for (const [name, value] of Object.entries(fields)) {
      for (const values of [undefined, [`${value}1`], [''], [], [value, value], [value.toLowerCase()]]) {
        if (values?.length === 1 && values[0] === value) continue;
        expect(verified(changed(name, values)), `${name}: ${values?.join()}`).toBeUndefined();
      }
    }
    expect(verified(changed('acl', ['public-read']))).toBeUndefined();
    expect(verified(new Map())).toBeUndefined();
  });

  test('grants nothing with a policy spelled otherwise, or signed by another secret, purpose or method', () => {
    const { policy = '' } = fields;
    expect(verified(changed('policy', [` ${policy}`]))).toBeUndefined();
    expect(verified(changed('policy', [policy.replaceAll('=', '')]))).toEqual(
      policy.includes('=') ? undefined : grant,
    );
    for (const signature of [
      createSigner(['another secret'], 'upload-urls').sign(`POST ${policy}`),
      createSigner([SECRET], 'object-urls').sign(`POST ${policy}`),
      signer.sign(policy),
      signer.sign(`PUT ${policy}`),
    ]) {
      expect(verified(changed('signature', [signature]))).toBeUndefined();
    }
    const rotated = createSigner(['another secret', SECRET], 'upload-urls');
    expect(verified(formOf(fields), NOW, rotated)).toEqual(grant);
  });

  test("grants nothing with another form's policy", () => {
    const other = signUploadForm(signer, { ...grant, size_bytes: 1, key: `${grant.key}1` });
    const form = changed('policy', [other['policy'] ?? '']);
    form.set('signature', [other['signature'] ?? '']);
    expect(verified(form)).toBeUndefined();
  });
});
