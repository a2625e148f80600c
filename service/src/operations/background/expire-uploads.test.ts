import { expect, test } from 'vitest';
import { memoryDeps, NOW } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Deps } from '../deps.ts';
import { expireUploads } from './expire-uploads.ts';

const ended = (): ImageRecord =>
  sampleRecord({
    status: 'pending',
    upload: { method: 'put', expires_at: new Date(NOW - 3600_000).toISOString() },
  });

test('an upload that is completed after it was found to be due stays', async () => {
  const { deps } = memoryDeps();
  const [completed, expired] = [ended(), ended()];
  for (const image of [completed, expired]) await deps.index.insert(image);
  const index: Deps['index'] = {
    ...deps.index,
    // Stores that read the record after they have found that it is due see what it is then.
    async due(...asked) {
      const due = await deps.index.due(...asked);
      const ready: ImageRecord = { ...completed, status: 'ready', upload: null };
      if (due.some(({ image_id }) => image_id === completed.image_id)) {
        await deps.index.replace(completed, ready);
      }
      return due.map((image) => (image.image_id === completed.image_id ? ready : image));
    },
  };
  expect(await expireUploads({ ...deps, index })).toBe(1);
  expect(await deps.index.get(completed.image_id)).toMatchObject({ status: 'ready' });
  expect(await deps.index.get(expired.image_id)).toBeUndefined();
});
