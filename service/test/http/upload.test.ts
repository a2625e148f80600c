import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MEDIA_TYPES } from '../../src/domain/media-type.ts';
import { expectImage } from '../support/answers.ts';
import { HOMES, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import {
  type Fields,
  FORM_NAMES,
  filePart,
  newPng,
  postForm,
  postJson,
  postRaw,
  upload,
  uploadCall,
} from '../support/uploads.ts';

const FIELDS: Fields = {
  user_id: 'alice',
  filename: 'osprey.png',
  title: 'Osprey at dusk',
  description: 'Two lines\r\nof it.',
  tags: ['bird', 'dusk'],
};

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(HOMES)('an upload is stored, whatever its form (%s)', (kind) => {
  const home = useHome(kind);

  it.each(FORM_NAMES)('%s: 201 with the image, its address and its entity tag', async (form) => {
    const image = newPng();
    const { path, init } = uploadCall(form, image, FIELDS);
    const response = await home.request(path, init);
    const stored = await expectImage(response.clone(), 201);
    expect(stored).toMatchObject({
      ...FIELDS,
      content_type: 'image/png',
      size_bytes: image.length,
      width: 4,
      height: 3,
      checksum_sha256: sha256(image),
      status: 'ready',
      rejection_reason: null,
      version: 1,
      updated_at: stored.upload_time,
      deleted_at: null,
    });
    expect(response.headers.get('location')).toBe(`${home.context.publicUrl}/images/${stored.image_id}`);
    expect(response.headers.get('etag')).toBe('"1.1"');
    const viewed = await home.follow(response.headers.get('location') ?? '');
    expect(await expectImage(viewed)).toEqual(stored);
  });

  it.each(FORM_NAMES)('%s: the same bytes come back, small or large, at both paths', async (form) => {
    for (const path of ['/images', '/images/upload']) {
      for (const image of [newPng(), newPng(3 * 1024 * 1024 + 1)]) {
        const call = uploadCall(form, image, { user_id: 'bob' }, path);
        const { url, size_bytes } = await expectImage(await home.request(call.path, call.init), 201);
        expect(size_bytes).toBe(image.length);
        const got = await home.follow(url ?? '');
        expect(got.status).toBe(200);
        expect(sha256(await got.bytes())).toBe(sha256(image));
      }
    }
  });

  it('a client that makes its form with FormData is understood', async () => {
    const form = new FormData();
    form.append('user_id', 'alice');
    form.append('image', new Blob([new Uint8Array(png())], { type: 'text/plain' }), 'osprey.txt');
    form.append('tags', 'a,b');
    const stored = await expectImage(await home.request('/images', { method: 'POST', body: form }), 201);
    expect(stored).toMatchObject({ filename: 'osprey.txt', tags: ['a', 'b'], content_type: 'image/png' });
  });

  it.each(MEDIA_TYPES)('%s is known by its bytes, whatever it is called', async (type) => {
    const { bytes, width, height } = SMALL_IMAGES[type];
    for (const form of FORM_NAMES) {
      const { path, init } = uploadCall(form, bytes, { user_id: 'alice', filename: 'notes.txt' });
      const stored = await expectImage(await home.request(path, init), 201);
      expect(stored).toMatchObject({ content_type: type, width, height, filename: 'notes.txt' });
      const served = await home.follow(stored.url ?? '');
      expect(served.headers.get('content-type')).toBe(type);
      expect(Buffer.from(await served.bytes()).equals(bytes)).toBe(true);
    }
  });

  it('two uploads of the same bytes are two images', async () => {
    const image = newPng();
    const first = await upload(home, {}, image);
    const second = await upload(home, {}, image);
    expect(second.image_id).not.toBe(first.image_id);
    expect(second.checksum_sha256).toBe(first.checksum_sha256);
  });
});

describe.each(HOMES)('fields of an upload are put into their one form (%s)', (kind) => {
  const home = useHome(kind);
  const image = png();
  const image_data = image.toString('base64');
  const file = filePart('file', image);
  const user = { name: 'user_id', value: 'alice' };

  it.each([
    ['an array', postJson({ user_id: 'alice', image_data, tags: [' Bird ', 'DUSK', 'bird', 'Cafe\u0301'] })],
    ['a text with commas', postJson({ user_id: 'alice', image_data, tags: 'Bird, dusk ,bird,Café' })],
    ['one form field', postForm([user, { name: 'tags', value: 'Bird,dusk,caf\u00e9' }, file])],
    [
      'several form fields',
      postForm([user, ...['bird', 'DUSK', 'CAFÉ'].map((value) => ({ name: 'tags', value })), file]),
    ],
    ['one query parameter', postRaw(image, { user_id: 'alice', tags: 'bird,dusk,bird,café' })],
    [
      'several query parameters',
      postRaw(image, [
        ['tags', 'bird'],
        ['user_id', 'alice'],
        ['tags', 'dusk'],
        ['tags', 'café'],
      ]),
    ],
  ])('tags as %s are trimmed, lower-case, NFC and distinct', async (_what, { path, init }) => {
    const { tags } = await expectImage(await home.request(path, init), 201);
    expect(tags).toEqual(['bird', 'dusk', 'caf\u00e9']);
  });

  it.each([
    ['left out', postJson({ user_id: 'alice', image_data })],
    [
      'null or empty in JSON',
      postJson({ user_id: 'alice', image_data, filename: '', title: null, description: '', tags: '' }),
    ],
    [
      'empty in a form',
      postForm([
        user,
        { name: 'title', value: '' },
        { name: 'tags', value: '' },
        filePart('file', image, ''),
      ]),
    ],
    ['empty in the query', postRaw(image, { user_id: 'alice', title: '', filename: '', tags: ' ' })],
  ])('what is %s is null, and tags are an empty list', async (_what, { path, init }) => {
    const stored = await expectImage(await home.request(path, init), 201);
    expect(stored).toMatchObject({ filename: null, title: null, description: null, tags: [] });
  });

  it('a form names the file by its part, or by the field `filename`, which counts more', async () => {
    const named = filePart('file', image, 'from-the-part.png');
    const byPart = postForm([user, named]);
    expect(await expectImage(await home.request(byPart.path, byPart.init), 201)).toMatchObject({
      filename: 'from-the-part.png',
    });
    const byField = postForm([named, user, { name: 'filename', value: 'from-the-field.png' }]);
    expect(await expectImage(await home.request(byField.path, byField.init), 201)).toMatchObject({
      filename: 'from-the-field.png',
    });
  });

  it('fields at their limits are taken, counted in characters or bytes as the limit says', async () => {
    const fields = {
      user_id: '😀'.repeat(32),
      filename: '😀'.repeat(255),
      title: '😀'.repeat(200),
      description: '😀'.repeat(2000),
      tags: Array.from({ length: 20 }, (_, n) => '😀'.repeat(62) + String(n).padStart(2, '0')),
    };
    for (const form of FORM_NAMES) {
      const { path, init } = uploadCall(form, image, fields);
      expect(await expectImage(await home.request(path, init), 201)).toMatchObject(fields);
    }
  });
});

describe.each(HOMES)('an image at the limits is stored (%s)', (kind) => {
  const limit = 40_000;
  const home = useHome(kind, { config: { maxImageBytes: limit, maxImagePixels: 100 } });

  it.each(FORM_NAMES)('%s: as many bytes and pixels as are allowed', async (form) => {
    const { path, init } = uploadCall(form, png({ size: limit, width: 20, height: 5 }), { user_id: 'alice' });
    expect(await expectImage(await home.request(path, init), 201)).toMatchObject({ size_bytes: limit });
  });
});
