import { type TaggedImage, TintypeError } from '@tintype/client';
import { expect, test } from 'vitest';
import { listedImage } from '../library/listed-image.ts';
import { changedTags, changeTags } from './bulk-tags.ts';

/** Images whose tags somebody else changes as often as is said, each time between a view and an update. */
function serviceWith(tags: Record<string, string[]>, interruptions = 0) {
  let left = interruptions;
  let revision = 1;
  const imageOf = (image_id: string): TaggedImage => ({
    ...listedImage(1, { image_id, tags: tags[image_id] ?? [] }),
    description: null,
    exif: null,
    checksum_sha256: null,
    etag: `"1.${revision}"`,
  });
  return {
    view: async (image_id: string) => imageOf(image_id),
    async update(image_id: string, changes: { tags?: string[] | string | undefined }) {
      if (left > 0) {
        left -= 1;
        revision += 1;
        tags[image_id] = [...(tags[image_id] ?? []), `theirs-${revision}`];
        throw new TintypeError('precondition_failed', 412, 'it has changed');
      }
      tags[image_id] = [changes.tags ?? []].flat();
      return imageOf(image_id);
    },
  };
}

test('tags are added and removed, each once', () => {
  expect(changedTags(['sea', 'sun'], { add: ['beach', 'sea'], remove: ['sun'] })).toEqual(['beach', 'sea']);
});

test('what somebody else changes meanwhile is kept', async () => {
  const tags = { a: ['sea'], b: [] };
  const service = serviceWith(tags, 1);
  const outcome = await changeTags(service, [listedImage(1, { image_id: 'a' })], { add: ['sun'] }, () => {});
  expect(outcome).toEqual({ changed: 1, error: undefined });
  expect(tags.a).toEqual(['sea', 'sun', 'theirs-2']);
});

test('an image that never comes to rest is given up, and the others are changed', async () => {
  const tags = { a: [], b: [] };
  const images = ['a', 'b'].map((image_id) => listedImage(1, { image_id }));
  const { changed, error } = await changeTags(serviceWith(tags, 5), images, { add: ['sun'] }, () => {});
  expect(changed).toBe(1);
  expect(error).toMatchObject({ code: 'precondition_failed' });
});
