import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../service/test/support/server-process.ts';
import type { LocalImage } from '../src/upload/find-images.ts';
import { FileFailure } from '../src/upload/store-image.ts';
import { type Outcome, runUploads } from '../src/upload/upload-run.ts';

async function filesOfSameBytes(count: number): Promise<LocalImage[]> {
  const folder = await temporaryFolder();
  const paths = Array.from({ length: count }, (_, n) => join(folder, `${n}.png`));
  await Promise.all(paths.map((path) => writeFile(path, 'the same')));
  return paths.map((path) => ({ path, size: 8, changed: 0, isNamed: false }));
}

test('of files with the same bytes one is sent at a time, also after the first of them has failed', async () => {
  const outcomes: Outcome['outcome'][] = [];
  let [sent, atOnce, mostAtOnce] = [0, 0, 0];
  await runUploads({
    files: await filesOfSameBytes(4),
    parallel: 4,
    signal: new AbortController().signal,
    async store() {
      sent++;
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      // Long enough for all who were waiting to be told.
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      if (sent === 1) throw new FileFailure('has changed while it was being uploaded');
      return { outcome: 'uploaded', image_id: 'an id' };
    },
    finished: ({ result }) => outcomes.push(result.outcome),
    sent: () => {},
  });
  expect({ sent, mostAtOnce }).toEqual({ sent: 2, mostAtOnce: 1 });
  expect(outcomes.sort()).toEqual(['failed', 'identical', 'identical', 'uploaded']);
});
