import { describe, expect, test } from 'vitest';
import { input, JPEG, upload } from '../../test/support/image-inputs.ts';
import { ALL, listed } from '../../test/support/listed.ts';
import { memoryDeps, PUBLIC_URL } from '../../test/support/memory-deps.ts';
import { keysOf } from '../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, unavailable } from '../domain/errors.ts';
import type { ImageRecord } from '../domain/image.ts';
import type { Job } from '../domain/job.ts';
import { uploadObjectKey } from '../domain/object-key.ts';
import { createSigner } from '../domain/signing.ts';
import { createMemoryUploadStore } from '../drivers/memory/memory-upload-store.ts';
import { completeUpload } from './complete-upload.ts';
import type { Deps } from './deps.ts';
import { startUpload } from './start-upload.ts';
import { viewImageContent } from './view-image-content.ts';

const INLINE = { disposition: 'inline' } as const;
const NO_URL = { url: null, url_expires_at: null };

/** What operations need where images are looked at before they are served. */
function depsThatScan(statusOnArrival: Deps['statusOnArrival'] = 'scanning') {
  const { deps: plain, jobs, stored } = memoryDeps();
  const signer = createSigner(['a secret for tests, of 32 letters'], 'upload-urls');
  const uploads = createMemoryUploadStore({ publicUrl: PUBLIC_URL, signer, objects: plain.objects });
  const deps: Deps = { ...plain, uploads, statusOnArrival };
  /** An announced upload whose bytes have arrived. */
  const arrived = async (): Promise<ImageRecord> => {
    const announcement = { user_id: 'alice', content_type: 'image/jpeg', size_bytes: JPEG.length } as const;
    const { image } = await startUpload(deps, ANONYMOUS, { ...announcement, method: 'put' });
    const incoming = await uploads.receive({ key: uploadObjectKey('alice', image.image_id) });
    await incoming.write(JPEG);
    await incoming.commit();
    return image;
  };
  return { deps, jobs, stored, arrived };
}

const jobOf = ({ image_id }: ImageRecord): Job => ({ kind: 'process-image', image_id, version: 1 });

async function expectUnserved({ index, ...others }: Deps, { image_id }: ImageRecord): Promise<void> {
  expect(await index.get(image_id)).toMatchObject({ status: 'scanning', rejection_reason: null });
  expect(await listed(index, ALL)).toEqual([]);
  expect(await listed(index, { ...ALL, user_id: 'alice' })).toEqual([]);
  expect(await listed(index, { ...ALL, user_id: 'alice', status: 'scanning' })).toEqual([image_id]);
  const content = viewImageContent({ index, ...others }, ANONYMOUS, { image_id, ...INLINE });
  await expect(content).rejects.toMatchObject({ code: 'not_ready' });
}

describe('an upload that is to be scanned', () => {
  test('is stored, and served to nobody; one job looks at it', async () => {
    const { deps, jobs } = depsThatScan();
    const { image, ...url } = await upload(deps);
    expect(image).toMatchObject({ status: 'scanning', width: 8, height: 6, version: 1 });
    expect(url).toMatchObject(NO_URL);
    await expectUnserved(deps, image);
    expect(jobs).toEqual([jobOf(image)]);
  });

  test('has the same answer, and no other job, where it is repeated under its key', async () => {
    const { deps, jobs } = depsThatScan();
    const keyed = () => upload(deps, { ...input(), idempotency_key: 'k' });
    const first = await keyed();
    expect(await keyed()).toEqual({ ...first, replayed: true });
    expect(jobs).toEqual([jobOf(first.image)]);
  });

  test.each([
    ['refused', new DomainError('insufficient_storage', 'Full.'), []],
    ['not answered, and was not made', unavailable('Not now.', new Error('broken')), ['clean-up-object']],
  ])('whose record is %s has no job that looks at it', async (_what, failure, kinds) => {
    const { deps, jobs, stored } = depsThatScan();
    const index = { ...deps.index, insert: () => Promise.reject(failure) };
    await expect(upload({ ...deps, index })).rejects.toBe(failure);
    expect(jobs.map(({ kind }) => kind)).toEqual(kinds);
    expect((await stored()).objects).toEqual([]);
  });

  test('whose record was made although nobody answered has its one job', async () => {
    const { deps, jobs } = depsThatScan();
    const index: Deps['index'] = {
      ...deps.index,
      async insert(record, caused) {
        await deps.index.insert(record, caused);
        throw unavailable('Not now.', new Error('the answer is lost'));
      },
    };
    const { image } = await upload({ ...deps, index });
    await expectUnserved(deps, image);
    expect(jobs).toEqual([jobOf(image)]);
  });

  test('is what it always was where nobody scans: ready, with a URL', async () => {
    const { deps, jobs } = depsThatScan('ready');
    const { image, url } = await upload(deps);
    expect(image.status).toBe('ready');
    expect(url).not.toBeNull();
    expect(jobs).toEqual([jobOf(image)]);
  });
});

describe('an announced upload that is to be scanned', () => {
  test('waits for its bytes with no job, and when it is completed for one that looks at it', async () => {
    const { deps, jobs, arrived } = depsThatScan();
    const pending = await arrived();
    expect(jobs).toEqual([]);
    const { image, ...url } = await completeUpload(deps, ANONYMOUS, pending.image_id);
    expect(image).toMatchObject({ status: 'scanning', width: 8, height: 6, upload: null });
    expect(url).toMatchObject(NO_URL);
    await expectUnserved(deps, image);
    expect(jobs).toEqual([jobOf(image)]);
  });

  test('completed again, and many times at once, answers alike and has one job', async () => {
    const { deps, jobs, arrived } = depsThatScan();
    const { image_id } = await arrived();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => completeUpload(deps, ANONYMOUS, image_id)),
    );
    const again = await completeUpload(deps, ANONYMOUS, image_id);
    for (const answer of answers) expect(answer).toEqual(again);
    expect(jobs).toEqual([jobOf(again.image)]);
  });

  test('has no job where its record cannot be written, and one when it can', async () => {
    const { deps, jobs, arrived } = depsThatScan();
    const { image_id } = await arrived();
    const failure = unavailable('Not now.', new Error('broken'));
    const index = { ...deps.index, replace: () => Promise.reject(failure) };
    await expect(completeUpload({ ...deps, index }, ANONYMOUS, image_id)).rejects.toBe(failure);
    expect(await deps.index.get(image_id)).toMatchObject({ status: 'pending' });
    expect(jobs).toEqual([]);
    const { image } = await completeUpload(deps, ANONYMOUS, image_id);
    expect(jobs).toEqual([jobOf(image)]);
  });

  test('deleted as it is completed leaves neither bytes nor a job', async () => {
    const { deps, jobs, arrived } = depsThatScan();
    const pending = await arrived();
    const index: Deps['index'] = {
      ...deps.index,
      async replace(previous, next, caused) {
        await deps.index.remove(pending);
        await deps.index.replace(previous, next, caused);
      },
    };
    const completing = completeUpload({ ...deps, index }, ANONYMOUS, pending.image_id);
    await expect(completing).rejects.toMatchObject({ code: 'not_found' });
    expect(jobs).toEqual([]);
    expect(await keysOf(deps.objects)).toEqual([]);
  });
});
