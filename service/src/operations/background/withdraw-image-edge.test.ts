import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { WithdrawImage } from '../../domain/job.ts';
import { withdrawImage } from './withdraw-image.ts';

const IMAGE = sampleRecord({ user_id: 'a.b' });
const { image_id, user_id } = IMAGE;
const JOB: WithdrawImage = { kind: 'withdraw-image', image_id, user_id, object_keys: [] };
const PREFIXES = [`a%2Eb/${image_id}`, `.renditions/a%2Eb/${image_id}.v`];

/** What the caches are told when the job meets this record. */
async function told(...records: readonly ImageRecord[]) {
  const { deps } = memoryDeps();
  for (const record of records) await deps.index.insert(record);
  const forgotten: (readonly [readonly string[], string])[] = [];
  const edge = {
    forget: async (prefixes: readonly string[], reference: string) =>
      void forgotten.push([prefixes, reference]),
  };
  await withdrawImage({ ...deps, edge }, JOB);
  return forgotten;
}

describe('caches in front of the store', () => {
  test('forget an image that is gone, in all its versions and renditions', async () => {
    expect(await told()).toEqual([[PREFIXES, `${image_id} gone`]]);
  });

  test.each([
    ['in the trash', { deleted_at: '2026-05-05T00:00:00.000Z', revision: 2 }, '1.2.0'],
    ['rejected', { status: 'rejected', background_revision: 3 }, '1.1.3'],
    ['being scanned anew', { status: 'scanning', version: 2 }, '2.1.0'],
  ] as const)('forget one that is %s: once for each such event', async (_what, differing, state) => {
    expect(await told({ ...IMAGE, ...differing })).toEqual([[PREFIXES, `${image_id} ${state}`]]);
  });

  test('keep one that may be served', async () => {
    expect(await told({ ...IMAGE, version: 2 })).toEqual([]);
  });

  test('that cannot be told now have it tried again', async () => {
    const { deps } = memoryDeps();
    const failure = unavailable('The caches cannot be told now.', new Error('busy'));
    const edge = { forget: () => Promise.reject(failure) };
    await expect(withdrawImage({ ...deps, edge }, JOB)).rejects.toBe(failure);
  });
});
