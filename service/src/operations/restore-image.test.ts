import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import type { Deps } from './deps.ts';
import { restoreImage } from './restore-image.ts';

const TRASHED = sampleRecord({
  revision: 4,
  deleted_at: '2026-05-04T03:02:01.000Z',
  placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
  presets: { format: 'webp', names: [] },
});
const { image_id } = TRASHED;
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));

async function withImage(image: ImageRecord = TRASHED) {
  const memory = memoryDeps();
  await memory.deps.index.insert(image);
  const restore = (differing: Partial<Deps> = {}, if_match?: string, id = image_id) =>
    restoreImage({ ...memory.deps, ...differing }, ANONYMOUS, { image_id: id, if_match });
  return { ...memory, restore, current: () => memory.deps.index.get(image_id) };
}

/** The index, in which somebody else does something before each of our changes. */
function withOthers({ index }: Deps, before: (current: ImageRecord, nth: number) => Promise<void>) {
  let nth = 0;
  const busy: Deps['index'] = {
    ...index,
    async replace(previous, next, jobs) {
      const current = await index.get(image_id);
      if (current) await before(current, ++nth);
      await index.replace(previous, next, jobs);
    },
  };
  return { index: busy };
}

describe('an image in the trash', () => {
  test('is what it was before, one revision later; nothing is to be done about it', async () => {
    const { restore, current, jobs } = await withImage();
    const { image } = await restore({}, '"1.4"');
    expect(image).toEqual({ ...TRASHED, deleted_at: null, revision: 5, updated_at: image.updated_at });
    expect([await current(), jobs]).toEqual([image, []]);
  });

  test.each(['ready', 'scanning'] as const)('is processed if it never was: %s', async (status) => {
    const { restore, jobs } = await withImage({ ...TRASHED, status, placeholder: null, presets: null });
    expect((await restore()).image.status).toBe(status);
    expect(jobs).toEqual([{ kind: 'process-image', image_id, version: 1 }]);
  });

  test('stays there where If-Match names another state', async () => {
    const { restore, current } = await withImage();
    await expect(restore({}, '"1.3"')).rejects.toMatchObject({ code: 'precondition_failed' });
    expect(await current()).toEqual(TRASHED);
  });

  test.each([newImageId(0), 'no id', image_id.toUpperCase()])('is not there: %s', async (id) => {
    const { restore } = await withImage();
    await expect(restore({}, undefined, id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('while others are at it', () => {
  test('what they change is kept', async () => {
    const { deps, restore } = await withImage();
    const others = withOthers(deps, async (current, nth) => {
      if (nth > 3) return;
      await deps.index.replace(current, { ...current, background_revision: nth, width: nth });
    });
    const { image } = await restore(others);
    expect(image).toMatchObject({ deleted_at: null, background_revision: 3, width: 3, revision: 5 });
  });

  test('restored by another, it is answered alike, and changed once', async () => {
    const { deps, restore, current } = await withImage();
    const others = withOthers(deps, async (found, nth) => {
      if (nth === 1) await deps.index.replace(found, { ...found, deleted_at: null, revision: 5 });
    });
    const { image } = await restore(others);
    expect(image).toMatchObject({ deleted_at: null, revision: 5 });
    expect(await current()).toEqual(image);
  });

  test('removed by another, it is not found', async () => {
    const { deps, restore, current } = await withImage();
    const others = withOthers(deps, (found) => deps.index.remove(found));
    await expect(restore(others)).rejects.toMatchObject({ code: 'not_found' });
    expect(await current()).toBeUndefined();
  });

  test('without an end, it is a conflict after ten tries', async () => {
    const { deps, restore } = await withImage();
    let tries = 0;
    const others = withOthers(deps, async (found, nth) => {
      tries = nth;
      await deps.index.replace(found, { ...found, background_revision: nth });
    });
    await expect(restore(others)).rejects.toMatchObject({ code: 'conflict' });
    expect(tries).toBe(10);
  });
});

test.each([FAILURE, new DomainError('insufficient_storage', 'Full.')])(
  'what else goes wrong is told, and the image stays in the trash: $code',
  async (failure) => {
    const { deps, restore, current, jobs } = await withImage({ ...TRASHED, placeholder: null });
    const index = { ...deps.index, replace: () => Promise.reject(failure) };
    await expect(restore({ index })).rejects.toBe(failure);
    expect((await current())?.deleted_at).toBe(TRASHED.deleted_at);
    expect(jobs).toEqual([]);
  },
);
