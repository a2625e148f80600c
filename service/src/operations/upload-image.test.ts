import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { input, JPEG, upload } from '../../test/support/image-inputs.ts';
import { memoryDeps, NOW, PUBLIC_URL } from '../../test/support/memory-deps.ts';
import { contentOf } from '../../test/support/stored-bytes.ts';
import { isImageId, timeOfImageId } from '../domain/image-id.ts';
import { uploadFields } from './upload-image.ts';

describe('an upload', () => {
  test('stores the bytes, and a record of what they are and of what was said of them', async () => {
    const { deps, stored } = memoryDeps();
    const fields = {
      user_id: 'a#b',
      filename: 'x.gif',
      title: 'X',
      description: 'Y',
      tags: ['bird', 'dusk'],
    };
    const { image } = await upload(deps, input({ fields }));
    expect(image).toEqual({
      ...fields,
      image_id: expect.any(String),
      content_type: 'image/jpeg',
      size_bytes: JPEG.length,
      width: 8,
      height: 6,
      checksum_sha256: createHash('sha256').update(JPEG).digest('hex'),
      status: 'ready',
      rejection_reason: null,
      version: 1,
      revision: 1,
      created_at: new Date(NOW).toISOString(),
      upload_time: new Date(NOW + 1).toISOString(),
      updated_at: new Date(NOW + 1).toISOString(),
      deleted_at: null,
      upload: null,
      background_revision: 0,
      placeholder: null,
      presets: null,
      exif: null,
      former_versions: [],
      accepted_at: new Date(NOW + 1).toISOString(),
      object_key: `a%23b/${image.image_id}`,
    });
    expect(isImageId(image.image_id)).toBe(true);
    expect(timeOfImageId(image.image_id)).toBe(NOW);
    expect(await deps.index.get(image.image_id)).toEqual(image);
    expect((await contentOf(deps.objects, image.object_key))?.equals(JPEG)).toBe(true);
    expect(await stored()).toEqual({ objects: [image.object_key], images: [image.image_id], drafts: 0 });
  });

  test('of which nothing more was said than whose it is has no more', async () => {
    const { deps } = memoryDeps();
    const { image } = await upload(deps);
    expect(image).toMatchObject({ filename: null, title: null, description: null, tags: [] });
  });

  test('gives a URL of the bytes', async () => {
    const { deps } = memoryDeps();
    const { image, url } = await upload(deps);
    expect(url).toMatch(`${PUBLIC_URL}/objects/alice/${image.image_id}?`);
  });

  test('of the same bytes is another image each time', async () => {
    const { deps, stored } = memoryDeps();
    const images = await Promise.all(Array.from({ length: 10 }, () => upload(deps)));
    expect(new Set(images.map(({ image }) => image.image_id)).size).toBe(10);
    expect((await stored()).objects).toHaveLength(10);
  });
});

describe('the fields of an upload', () => {
  test('may be all that there are', () => {
    const fields = { user_id: 'alice', filename: 'a.jpg', title: 'A', description: 'B', tags: 'Bird,dusk' };
    expect(uploadFields.parse(fields)).toEqual({ ...fields, tags: ['bird', 'dusk'] });
    expect(uploadFields.parse({ user_id: 'alice' })).toEqual({ user_id: 'alice' });
    // Whoever is known need not say who they are.
    expect(uploadFields.parse({})).toEqual({});
  });

  test.each([
    ['an unknown field', { user_id: 'alice', colour: 'red' }],
    ["a field of the server's own", { user_id: 'alice', image_id: 'x' }],
    ['a wrong type', { user_id: 'alice', title: 7 }],
    ['a user that is none', { user_id: '' }],
  ])('are refused with %s', (_what, fields) => {
    expect(uploadFields.safeParse(fields).success).toBe(false);
  });
});
