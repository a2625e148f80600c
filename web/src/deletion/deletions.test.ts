import { TintypeError } from '@tintype/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { listedImage, listedImages } from '../library/listed-image.ts';
import type { NoticeAction } from '../notices/notices.ts';
import { type DeletionDeps, Deletions, UNDO_WITHIN } from './deletions.ts';

/** What is shown, what was said, and what the service was asked for. */
function surroundings(hasTrash: boolean) {
  const hidden = new Set<string>();
  const said: { text: string; action?: NoticeAction | undefined }[] = [];
  const deleted: string[][] = [];
  const restored: string[] = [];
  const left: string[][] = [];
  const failing = new Set<string>();
  const deps = {
    hasTrash,
    client: {
      async deleteMany(image_ids: readonly string[]) {
        if (failing.has('network')) throw new TintypeError('network', 0, 'nothing came back');
        deleted.push([...image_ids]);
        const items = image_ids.map((image_id) =>
          failing.has(image_id) ? { image_id, status: 503, error: 'Not now.' } : { image_id, status: 204 },
        );
        return { items, count: items.length };
      },
      async restore(image_id: string) {
        restored.push(image_id);
        return {
          ...listedImage(1, { image_id }),
          description: null,
          exif: null,
          checksum_sha256: null,
          etag: '',
        };
      },
    },
    deleteOnLeaving: (ids) => void left.push([...ids]),
    notices: {
      show(text, { action } = {}) {
        said.push({ text, action });
        return () => {};
      },
    },
    list: {
      hide: (ids) => {
        for (const id of ids) hidden.add(id);
      },
      show: (ids) => {
        for (const id of ids) hidden.delete(id);
      },
      take: () => {},
    },
  } satisfies DeletionDeps;
  return { deletions: new Deletions(deps), hidden, said, deleted, restored, left, failing };
}

const [one, two] = [listedImage(1), listedImage(2)];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('where there is a trash', () => {
  test('other lists do not show what the service has not deleted yet', async () => {
    const { deletions } = surroundings(true);
    const deleting = deletions.delete([one]);
    expect(deletions.pending).toEqual([one.image_id]);
    await deleting;
    expect(deletions.pending).toEqual([]);
  });

  test('images are deleted at once, and brought back when that is undone', async () => {
    const { deletions, hidden, said, deleted, restored } = surroundings(true);
    await deletions.delete([one, two]);
    expect(deleted).toEqual([[one.image_id, two.image_id]]);
    expect(hidden.size).toBe(2);
    expect(said[0]?.text).toBe('2 images moved to the trash');
    said[0]?.action?.run();
    await vi.waitFor(() => expect(said.at(-1)?.text).toBe('2 images restored'));
    expect(restored.sort()).toEqual([one.image_id, two.image_id]);
    expect(hidden.size).toBe(0);
  });

  test('what could not be deleted is shown again, and undoing does not touch it', async () => {
    const { deletions, hidden, said, restored, failing } = surroundings(true);
    failing.add(two.image_id);
    await deletions.delete([one, two]);
    expect([...hidden]).toEqual([one.image_id]);
    expect(said.map(({ text }) => text)).toEqual([
      '1 image could not be deleted. Not now.',
      '1 image moved to the trash',
    ]);
    said[1]?.action?.run();
    await vi.waitFor(() => expect(hidden.size).toBe(0));
    expect(restored).toEqual([one.image_id]);
  });

  test('without a connection all is shown again', async () => {
    const { deletions, hidden, said, failing } = surroundings(true);
    failing.add('network');
    await deletions.delete([one]);
    expect(hidden.size).toBe(0);
    expect(said.map(({ text }) => text)).toEqual(['Not deleted. The server cannot be reached.']);
  });

  test('many are deleted a hundred at a time', async () => {
    const { deletions, deleted } = surroundings(true);
    await deletions.delete(listedImages(250, 1));
    expect(deleted.map((batch) => batch.length)).toEqual([100, 100, 50]);
  });
});

describe('where there is none', () => {
  test('the service is asked only when nobody can undo it any more', async () => {
    const { deletions, hidden, deleted } = surroundings(false);
    await deletions.delete([one]);
    expect(hidden.has(one.image_id)).toBe(true);
    expect(deletions.pending).toEqual([one.image_id]);
    await vi.advanceTimersByTimeAsync(UNDO_WITHIN - 1);
    expect(deleted).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(deleted).toEqual([[one.image_id]]);
    expect(deletions.pending).toEqual([]);
  });

  test('what is deleted twice is undone at once', async () => {
    const { deletions, hidden, said, deleted } = surroundings(false);
    await deletions.delete([one]);
    await deletions.delete([one]);
    expect(said).toHaveLength(1);
    said[0]?.action?.run();
    await vi.advanceTimersByTimeAsync(UNDO_WITHIN * 2);
    expect([deleted, hidden.size]).toEqual([[], 0]);
  });

  test('undoing it asks the service for nothing', async () => {
    const { deletions, hidden, said, deleted } = surroundings(false);
    await deletions.delete([one]);
    said[0]?.action?.run();
    await vi.advanceTimersByTimeAsync(UNDO_WITHIN * 2);
    expect([deleted, hidden.size]).toEqual([[], 0]);
  });

  test('leaving the page deletes what waits, once', async () => {
    const { deletions, deleted, left } = surroundings(false);
    await deletions.delete([one]);
    deletions.leave();
    await vi.advanceTimersByTimeAsync(UNDO_WITHIN * 2);
    expect([left, deleted]).toEqual([[[one.image_id]], []]);
  });
});
