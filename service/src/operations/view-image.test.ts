import { describe, expect, test, vi } from 'vitest';
import { memoryDeps, PUBLIC_URL } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { SettableClock } from '../../test/support/settable-clock.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import { viewImage } from './view-image.ts';
import { viewImageContent } from './view-image-content.ts';

async function withImage(image: ImageRecord) {
  const { deps } = memoryDeps();
  await deps.index.insert(image);
  return deps;
}

const INLINE = { disposition: 'inline' } as const;

test('a view is the whole record, and where the bytes are', async () => {
  const image = sampleRecord();
  const deps = await withImage(image);
  const viewed = await viewImage(deps, ANONYMOUS, { image_id: image.image_id, ...INLINE });
  expect(viewed.image).toEqual(image);
  expect(viewed.url).toMatch(`${PUBLIC_URL}/objects/${image.object_key}?`);
  expect(Date.parse(viewed.url_expires_at ?? '')).toBeGreaterThan(deps.clock.now());
  expect(await viewImageContent(deps, ANONYMOUS, { image_id: image.image_id, ...INLINE })).toEqual({
    url: viewed.url,
  });
});

test('a view for download has another URL, with the name', async () => {
  const image = sampleRecord({ filename: 'osprey.jpg' });
  const deps = await withImage(image);
  const view = (disposition: 'inline' | 'attachment') =>
    viewImage(deps, ANONYMOUS, { image_id: image.image_id, disposition });
  const [inline, attachment] = [await view('inline'), await view('attachment')];
  const dispositionOf = (url: string | null) =>
    new URL(url ?? '').searchParams.get('response-content-disposition');
  expect(dispositionOf(inline.url)).toBe('inline; filename=osprey.jpg');
  expect(dispositionOf(attachment.url)).toBe('attachment; filename=osprey.jpg');
});

test('a view of what has not changed is the very same, and nothing is signed anew, until its URLs are to live longer', async () => {
  const memory = memoryDeps();
  const clock = new SettableClock(memory.deps.clock);
  const deps = { ...memory.deps, clock };
  const image = sampleRecord();
  await deps.index.insert(image);
  const signed = vi.spyOn(deps.objects, 'presignRead');
  const view = (more: Partial<typeof deps> = {}, disposition: 'inline' | 'attachment' = 'inline') =>
    viewImage({ ...deps, ...more }, ANONYMOUS, { image_id: image.image_id, disposition });
  // An index that has records ready.
  const record = await deps.index.get(image.image_id);
  vi.spyOn(deps.index, 'get').mockResolvedValue(record);
  const first = await view();
  const once = signed.mock.calls.length;
  expect(await view()).toBe(first);
  expect(signed).toHaveBeenCalledTimes(once);
  expect((await view({}, 'attachment')).url).toContain('attachment');
  expect((await view()).url).toBe(first.url);
  const others = memoryDeps().deps.objects;
  vi.spyOn(others, 'presignRead').mockReturnValue('https://elsewhere.example/');
  expect((await view({ objects: others })).url).toBe('https://elsewhere.example/');
  expect(await view()).toEqual(first);
  clock.advance(deps.urlExpiresSeconds * 1000);
  const later = await view();
  expect(Date.parse(later.url_expires_at ?? '')).toBe(
    Date.parse(first.url_expires_at ?? '') + deps.urlExpiresSeconds * 1000,
  );
  expect(later.url).not.toBe(first.url);
});

describe.each(['pending', 'scanning', 'rejected'] as const)('an image that is %s', (status) => {
  test('can be viewed, without a URL, and its content not be had', async () => {
    const image = sampleRecord({ status });
    const deps = await withImage(image);
    const input = { image_id: image.image_id, ...INLINE };
    expect(await viewImage(deps, ANONYMOUS, input)).toEqual({
      image,
      url: null,
      url_expires_at: null,
      renditions: {},
    });
    const content = viewImageContent(deps, ANONYMOUS, input);
    await expect(content).rejects.toMatchObject({
      code: 'not_ready',
      message: expect.stringContaining(status),
    });
  });
});

test.each([
  ['an unknown id', newImageId(0)],
  ['what is no id', '../../etc/passwd'],
  ['nothing', ''],
])('%s is not found', async (_what, image_id) => {
  const deps = await withImage(sampleRecord());
  await expect(viewImage(deps, ANONYMOUS, { image_id, ...INLINE })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(viewImageContent(deps, ANONYMOUS, { image_id, ...INLINE })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('the index is never asked for what is no id', async () => {
  const deps = await withImage(sampleRecord());
  const index = { ...deps.index, get: () => Promise.reject(new Error('asked')) };
  const viewing = viewImage({ ...deps, index }, ANONYMOUS, { image_id: 'x', ...INLINE });
  await expect(viewing).rejects.toMatchObject({ code: 'not_found' });
});
