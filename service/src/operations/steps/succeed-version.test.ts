import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import { DomainError, unavailable } from '../../domain/errors.ts';
import { currentVersionOf, type ImageRecord } from '../../domain/image.ts';
import { imageObjectKey } from '../../domain/object-key.ts';
import type { Deps } from '../deps.ts';
import type { Doing } from './audit.ts';
import { mustBeServable, type NextVersion, succeed } from './succeed-version.ts';

const IMAGE = sampleRecord({
  upload_time: '2026-05-03T00:00:00.000Z',
  size_bytes: 100,
  revision: 7,
  background_revision: 2,
  placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
  presets: { format: 'webp', names: ['thumb'] },
});
const { image_id, user_id } = IMAGE;
const keyOf = (version: number) => imageObjectKey(user_id, image_id, version);
const UNLIMITED = { max_images: null, max_bytes: null };
const FAILURE = unavailable('This cannot be done now.', new Error('broken'));

/** Bytes of a size of their own for each version. */
const bytesOfVersion = (version: number): NextVersion => ({
  ...{ content_type: 'image/png', size_bytes: version * 100, width: 4, height: 3, status: 'ready' },
  ...{ checksum_sha256: String(version).repeat(64), object_key: keyOf(version) },
});

const DOING: Doing = { caller: ANONYMOUS, action: 'replace-image' };

async function withImage(image: ImageRecord = IMAGE, keepVersions = 2) {
  const memory = memoryDeps();
  await memory.deps.index.insert(image);
  const deps: Deps = { ...memory.deps, keepVersions };
  const reserve = async (bytes: number) =>
    (await deps.quotas.reserve(user_id, { images: 0, bytes }, UNLIMITED)).keep(bytes);
  await reserve(image.size_bytes);
  /** Makes a version current, whose room is reserved as its bytes come. */
  const next = async (version: number) => {
    await reserve(version * 100);
    return succeed(deps, DOING, image_id, async () => bytesOfVersion(version));
  };
  const room = async () => (await deps.quotas.usageOf(user_id)).bytes;
  return { ...memory, deps, next, room };
}

describe('the next version', () => {
  test('takes the place of the current one, which is kept; nothing that was made of that counts', async () => {
    const { deps, next } = await withImage();
    const image = await next(2);
    expect(image).toEqual({
      ...IMAGE,
      ...bytesOfVersion(2),
      ...{ version: 2, revision: 1, placeholder: null, presets: null, exif: null },
      ...{ accepted_at: image.accepted_at, updated_at: image.updated_at },
      former_versions: [currentVersionOf(IMAGE)],
    });
    expect(image.accepted_at > IMAGE.accepted_at).toBe(true);
    expect(await deps.index.get(image_id)).toEqual(image);
  });

  test('drops what is beyond those that are kept, with its room, and names its bytes to a job', async () => {
    const { next, room, jobs } = await withImage();
    await next(2);
    await next(3);
    expect(await room()).toBe(600);
    const image = await next(4);
    expect(image.former_versions.map(({ version }) => version)).toEqual([3, 2]);
    expect(await room()).toBe(900);
    const withdrawals = jobs.flatMap((job) => (job.kind === 'withdraw-image' ? [job.object_keys] : []));
    expect(withdrawals).toEqual([[], [], [keyOf(1)]]);
  });

  test('of bytes that are there already takes no room and drops none that is still in use', async () => {
    const { deps, next, room, jobs } = await withImage();
    await next(2);
    const { version: _version, accepted_at: _accepted, ...former } = currentVersionOf(IMAGE);
    const image = await succeed(deps, DOING, image_id, async () => former);
    expect(image).toMatchObject({ version: 3, object_key: keyOf(1) });
    expect(await room()).toBe(300);
    // Now version 1 is kept no more, and its bytes are those of version 3.
    await next(4);
    expect(await room()).toBe(700);
    await next(5);
    expect(await room()).toBe(1000);
    const withdrawals = jobs.flatMap((job) => (job.kind === 'withdraw-image' ? [job.object_keys] : []));
    expect(withdrawals).toEqual([[], [], [], [keyOf(2)]]);
  });

  test('is asked for anew where the image has changed meanwhile', async () => {
    const { deps } = await withImage();
    const seen: number[] = [];
    const image = await succeed(deps, DOING, image_id, async (previous) => {
      seen.push(previous.revision);
      const { revision } = previous;
      if (seen.length < 3) await deps.index.replace(previous, { ...previous, revision: revision + 1 });
      return bytesOfVersion(2);
    });
    expect(seen).toEqual([7, 8, 9]);
    expect(image.version).toBe(2);
  });

  test('is refused after ten tries, and nothing is queued or given back', async () => {
    const { deps, room, jobs } = await withImage();
    let tries = 0;
    const succeeding = succeed(deps, DOING, image_id, async (previous) => {
      tries++;
      await deps.index.replace(previous, { ...previous, revision: previous.revision + 1 });
      return bytesOfVersion(2);
    });
    await expect(succeeding).rejects.toMatchObject({ code: 'conflict' });
    expect([tries, jobs, await room()]).toEqual([10, [], 100]);
  });
});

describe('there is none', () => {
  test.each<[string, Partial<ImageRecord>, string]>([
    ['that has its first bytes still to come', { status: 'pending' }, 'conflict'],
    ['in the trash', { deleted_at: IMAGE.updated_at }, 'not_found'],
  ])('of an image %s', async (_which, differing, code) => {
    const { deps, jobs } = await withImage({ ...IMAGE, ...differing });
    const nobody = () => Promise.reject(new Error('Nobody is to be asked.'));
    await expect(succeed(deps, DOING, image_id, nobody)).rejects.toMatchObject({ code });
    expect(jobs).toEqual([]);
  });

  test.each([FAILURE, new DomainError('insufficient_storage', 'Full.')])(
    'where the index fails with $code: it is told at once, and no room is given back',
    async (failure) => {
      const { deps, room } = await withImage(IMAGE, 0);
      const index = { ...deps.index, replace: () => Promise.reject(failure) };
      const succeeding = succeed({ ...deps, index }, DOING, image_id, async () => bytesOfVersion(2));
      await expect(succeeding).rejects.toBe(failure);
      expect(await room()).toBe(100);
    },
  );

  test('that is rejected', () => {
    const former = currentVersionOf({ ...IMAGE, status: 'rejected' });
    expect(() => mustBeServable(former)).toThrow(expect.objectContaining({ code: 'conflict' }));
    for (const status of ['ready', 'scanning'] as const) mustBeServable({ ...former, status });
  });
});

test('room that cannot be given back is logged, and the version stands', async () => {
  const { deps, log } = await withImage(IMAGE, 0);
  const quotas = { ...deps.quotas, giveBack: () => Promise.reject(FAILURE) };
  const image = await succeed({ ...deps, quotas }, DOING, image_id, async () => bytesOfVersion(2));
  expect(await deps.index.get(image_id)).toEqual(image);
  expect(log).toMatchObject([{ level: 'error', fields: { err: FAILURE, image_id, bytes: 100 } }]);
});
