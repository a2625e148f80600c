import { describe, expect, test } from 'vitest';
import { memoryDeps, NOW } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newImageId } from '../domain/image-id.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import type { Deps } from './deps.ts';
import { imageChange, type UpdateImageInput, updateImage } from './update-image.ts';

const BEFORE = sampleRecord({ version: 2, revision: 5, upload_time: '2026-01-01T00:00:00.000Z' });

/** Dependencies with the image in them. */
async function withImage(image: ImageRecord = BEFORE): Promise<Deps> {
  const { deps } = memoryDeps();
  await deps.index.insert(image);
  return deps;
}

function update(
  deps: Deps,
  change: UpdateImageInput['change'],
  if_match?: string,
  image_id = BEFORE.image_id,
) {
  return updateImage(deps, ANONYMOUS, { image_id, change, if_match });
}

/** The index, in which others do something just before each of our changes. */
function withOthers(
  index: ImageIndex,
  before: (nth: number) => Promise<void>,
): ImageIndex & { tries: number } {
  const busy = {
    ...index,
    tries: 0,
    async replace(previous: ImageRecord, next: ImageRecord) {
      await before(++busy.tries);
      await index.replace(previous, next);
    },
  };
  return busy;
}

async function changeByAnother(index: ImageIndex, change: Partial<ImageRecord>): Promise<void> {
  const current = await index.get(BEFORE.image_id);
  if (current) await index.replace(current, { ...current, ...change, revision: current.revision + 1 });
}

describe('a change', () => {
  test('changes what it names, counts, and knows its time; all else stays', async () => {
    const deps = await withImage();
    const change = { title: 'New', description: 'Newer', tags: ['new'] };
    const { image, url } = await update(deps, change);
    const updated_at = new Date(NOW).toISOString();
    expect(image).toEqual({ ...BEFORE, ...change, revision: 6, updated_at });
    expect(await deps.index.get(BEFORE.image_id)).toEqual(image);
    expect(url).toContain(BEFORE.object_key);
  });

  test.each([
    ['title', { title: 'New' }],
    ['description', { description: 'New' }],
    ['tags', { tags: ['new'] }],
    ['title, which is cleared', { title: null }],
    ['description, which is cleared', { description: null }],
    ['tags, which are cleared', { tags: [] }],
  ])('of the %s leaves the other fields as they are', async (_what, change) => {
    const deps = await withImage();
    const { image } = await update(deps, change);
    expect(image).toEqual({ ...BEFORE, ...change, revision: 6, updated_at: expect.any(String) });
  });

  test.each([
    ['an unknown id', newImageId(0)],
    ['what is no id', '../../etc/passwd'],
    ['its id in capitals', BEFORE.image_id.toUpperCase()],
  ])('of %s is not found', async (_what, image_id) => {
    const deps = await withImage();
    await expect(update(deps, { title: 'New' }, undefined, image_id)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await deps.index.get(BEFORE.image_id)).toEqual(BEFORE);
  });
});

describe('If-Match', () => {
  test.each(['"2.5"', '*', '"1.1", "2.5"', undefined])('%s allows the change', async (header) => {
    const deps = await withImage();
    const { image } = await update(deps, { title: 'New' }, header);
    expect(image.title).toBe('New');
  });

  test.each(['"2.4"', '"2.6"', '"1.5"', 'W/"2.5"', '2.5', ''])(
    '%j refuses it, and nothing changes',
    async (header) => {
      const deps = await withImage();
      await expect(update(deps, { title: 'New' }, header)).rejects.toMatchObject({
        code: 'precondition_failed',
      });
      expect(await deps.index.get(BEFORE.image_id)).toEqual(BEFORE);
    },
  );

  test('refuses a change when another comes between', async () => {
    const deps = await withImage();
    const index = withOthers(deps.index, async (nth) => {
      if (nth === 1) await changeByAnother(deps.index, { title: 'Theirs' });
    });
    await expect(update({ ...deps, index }, { title: 'Ours' }, '"2.5"')).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    expect((await deps.index.get(BEFORE.image_id))?.title).toBe('Theirs');
    expect(index.tries).toBe(1);
  });
});

describe('when others change the image at the same time', () => {
  test('a change is applied to what they have written, and theirs stays', async () => {
    const deps = await withImage();
    const index = withOthers(deps.index, async (nth) => {
      if (nth <= 3) await changeByAnother(deps.index, { description: `Theirs ${nth}`, tags: ['theirs'] });
    });
    const { image } = await update({ ...deps, index }, { title: 'Ours' });
    expect(image).toMatchObject({ title: 'Ours', description: 'Theirs 3', tags: ['theirs'], revision: 9 });
    expect(await deps.index.get(BEFORE.image_id)).toEqual(image);
    expect(index.tries).toBe(4);
  });

  test('ever again, it is given up as a conflict', async () => {
    const deps = await withImage();
    const index = withOthers(deps.index, () => changeByAnother(deps.index, { description: 'Theirs' }));
    await expect(update({ ...deps, index }, { title: 'Ours' })).rejects.toMatchObject({ code: 'conflict' });
    expect(index.tries).toBe(10);
    expect((await deps.index.get(BEFORE.image_id))?.title).toBe(BEFORE.title);
  });

  test('or delete it, it is not found', async () => {
    const deps = await withImage();
    const index = withOthers(deps.index, async () => {
      const current = await deps.index.get(BEFORE.image_id);
      if (current) await deps.index.remove(current);
    });
    await expect(update({ ...deps, index }, { title: 'Ours' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await deps.index.get(BEFORE.image_id)).toBeUndefined();
  });

  test('or change it and then delete it, it is not found', async () => {
    const deps = await withImage();
    const index = withOthers(deps.index, async () => {
      await changeByAnother(deps.index, { title: 'Theirs' });
    });
    index.get = async (id) => (index.tries === 0 ? deps.index.get(id) : undefined);
    await expect(update({ ...deps, index }, { title: 'Ours' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('many at once all get their change in', async () => {
    const deps = await withImage();
    const outcomes = await Promise.allSettled([
      update(deps, { title: 'One' }),
      update(deps, { description: 'Two' }),
      update(deps, { tags: ['three'] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await deps.index.get(BEFORE.image_id)).toMatchObject({
      title: 'One',
      description: 'Two',
      tags: ['three'],
      revision: 8,
    });
  });
});

test('a failure of the index is told, and not tried again', async () => {
  const deps = await withImage();
  const failure = unavailable('The index cannot do this now.', new Error('broken'));
  const index = withOthers(deps.index, () => Promise.reject(failure));
  await expect(update({ ...deps, index }, { title: 'New' })).rejects.toBe(failure);
  expect(index.tries).toBe(1);
});

describe('what a change may be', () => {
  test.each([
    [{ title: 'A' }, { title: 'A' }],
    [{ title: '' }, { title: null }],
    [{ title: null }, { title: null }],
    [{ description: 'a\nb' }, { description: 'a\nb' }],
    [{ tags: 'Bird, DUSK' }, { tags: ['bird', 'dusk'] }],
    [{ tags: [] }, { tags: [] }],
    [{ tags: '' }, { tags: [] }],
  ])('%j is taken as %j', (given, taken) => {
    expect(imageChange.parse(given)).toEqual(taken);
  });

  test.each([
    [{}],
    [{ title: undefined }],
    [{ tags: null }],
    [{ user_id: 'mallory' }],
    [{ title: 'A', filename: 'b.jpg' }],
    [{ title: 'A', status: 'ready' }],
    [{ title: 'x'.repeat(201) }],
    [[]],
    [null],
    ['title'],
  ])('%.60j is refused', (given) => {
    expect(imageChange.safeParse(given).success).toBe(false);
  });
});
