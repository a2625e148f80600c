import { describe, expect, test } from 'vitest';
import { ALL, listed } from '../../../test/support/listed.ts';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { DomainError, unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import { type BackgroundChange, rewriteImage } from './rewrite-image.ts';

const BEFORE = sampleRecord({ status: 'scanning', version: 2, revision: 5, background_revision: 3 });
const { image_id } = BEFORE;
const READY: BackgroundChange = { status: 'ready', width: 6, height: 8 };

async function withImage(image: ImageRecord | undefined = BEFORE): Promise<ImageIndex> {
  const { index } = memoryDeps().deps;
  if (image) await index.insert(image);
  return index;
}

/** The index, in which others do something just before each of our changes. */
function withOthers(index: ImageIndex, before: (nth: number) => Promise<void>) {
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

async function changeByCaller(index: ImageIndex, change: Partial<ImageRecord>): Promise<void> {
  const current = await index.get(image_id);
  if (current) await index.replace(current, { ...current, ...change, revision: current.revision + 1 });
}

describe('what background work has found', () => {
  test('is written over the record, and moves nothing that callers go by', async () => {
    const index = await withImage();
    const after = { ...BEFORE, ...READY, background_revision: 4 };
    expect(await rewriteImage({ index }, BEFORE, () => READY)).toEqual(after);
    expect(await index.get(image_id)).toEqual(after);
    expect([after.revision, after.updated_at]).toEqual([BEFORE.revision, BEFORE.updated_at]);
    expect(await listed(index, { ...ALL, tags: ['bird'] })).toEqual([image_id]);
  });

  test('is decided from the record as it is, whatever was known of it', async () => {
    const index = await withImage();
    const seen: ImageRecord[] = [];
    await rewriteImage({ index }, { image_id, version: 2 }, (current) => {
      seen.push(current);
      return READY;
    });
    expect(seen).toEqual([BEFORE]);
  });

  test('where it is nothing writes nothing', async () => {
    const index = await withImage();
    expect(await rewriteImage({ index }, BEFORE, () => undefined)).toEqual(BEFORE);
    expect(await index.get(image_id)).toEqual(BEFORE);
  });

  test.each([
    ['of what is not there', undefined],
    ['of an earlier version', { ...BEFORE, version: 3 }],
    ['of a version that is no more', { ...BEFORE, version: 1 }],
  ])('%s writes nothing', async (_what, stored) => {
    const { index } = memoryDeps().deps;
    if (stored) await index.insert(stored);
    const decide = () => {
      throw new Error('There is nothing to decide.');
    };
    expect(await rewriteImage({ index }, BEFORE, decide)).toBeUndefined();
    expect(await index.get(image_id)).toEqual(stored);
  });
});

describe('while callers change the image', () => {
  test('nothing of theirs is lost, nor anything of ours', async () => {
    const index = await withImage();
    const busy = withOthers(index, async (nth) => {
      if (nth <= 3) await changeByCaller(index, { title: `title ${nth}`, tags: [`tag ${nth}`] });
    });
    const after = {
      ...BEFORE,
      ...READY,
      title: 'title 3',
      tags: ['tag 3'],
      revision: 8,
      background_revision: 4,
    };
    expect(await rewriteImage({ index: busy }, BEFORE, () => READY)).toEqual(after);
    expect(await index.get(image_id)).toEqual(after);
    expect(busy.tries).toBe(4);
  });

  test('what is found is decided anew each time', async () => {
    const index = await withImage();
    const busy = withOthers(index, async (nth) => {
      if (nth === 1) await changeByCaller(index, { status: 'rejected', rejection_reason: 'infected: X' });
    });
    const decide = ({ status }: ImageRecord) => (status === 'scanning' ? READY : undefined);
    expect(await rewriteImage({ index: busy }, BEFORE, decide)).toMatchObject({ status: 'rejected' });
    expect(await index.get(image_id)).toMatchObject({ status: 'rejected', width: BEFORE.width });
  });

  test('without an end it is `unavailable`, after some tries', async () => {
    const index = await withImage();
    const busy = withOthers(index, (nth) => changeByCaller(index, { title: `title ${nth}` }));
    const rewriting = rewriteImage({ index: busy }, BEFORE, () => READY);
    await expect(rewriting).rejects.toMatchObject({ code: 'unavailable', cause: { code: 'conflict' } });
    expect(busy.tries).toBe(10);
    expect(await index.get(image_id)).toMatchObject({ status: 'scanning', title: 'title 10' });
  });

  test('deleted meanwhile, it stays deleted', async () => {
    const index = await withImage();
    const busy = withOthers(index, () => index.remove(BEFORE));
    expect(await rewriteImage({ index: busy }, BEFORE, () => READY)).toBeUndefined();
    expect(await index.get(image_id)).toBeUndefined();
    expect(await listed(index, ALL)).toEqual([]);
  });

  test('replaced meanwhile, the new version is left alone', async () => {
    const index = await withImage();
    const replaced: ImageRecord = { ...BEFORE, version: 3, revision: 1 };
    const busy = withOthers(index, async (nth) => {
      if (nth === 1) await index.replace(BEFORE, replaced);
    });
    expect(await rewriteImage({ index: busy }, BEFORE, () => READY)).toBeUndefined();
    expect(await index.get(image_id)).toEqual(replaced);
  });
});

test.each([unavailable('Not now.', new Error('broken')), new DomainError('insufficient_storage', 'Full.')])(
  'what else goes wrong is passed on, and not tried again: $code',
  async (failure) => {
    const index = await withImage();
    const broken = withOthers(index, () => Promise.reject(failure));
    await expect(rewriteImage({ index: broken }, BEFORE, () => READY)).rejects.toBe(failure);
    expect(broken.tries).toBe(1);
  },
);
