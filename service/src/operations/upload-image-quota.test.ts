import { describe, expect, test } from 'vitest';
import { input, JPEG, pieces, upload } from '../../test/support/image-inputs.ts';
import { memoryDeps, NOTHING } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { DomainError, imageNotFound, unavailable } from '../domain/errors.ts';
import type { Job } from '../domain/job.ts';
import type { QuotaLedger } from '../ports/quota-ledger.ts';
import { cleanUpObject } from './background/clean-up-object.ts';
import { deleteImage } from './delete-image.ts';
import type { Deps } from './deps.ts';

const FAILURE = unavailable('This cannot be done now.', new Error('broken'));
const fail = () => Promise.reject(FAILURE);
const refused = new DomainError('insufficient_storage', 'There is no room left.');
const refuse = () => Promise.reject(refused);

const usageOf = async ({ quotas }: Deps) => {
  const { images, bytes } = await quotas.usageOf('alice');
  return { images, bytes };
};
const NONE = { images: 0, bytes: 0 };
const ONE = { images: 1, bytes: JPEG.length };

/** Does what was left for later, as the queue would. */
async function work(deps: Deps, jobs: readonly Job[]): Promise<void> {
  for (const job of jobs) if (job.kind === 'clean-up-object') await cleanUpObject(deps, job);
}

const announced = (size_bytes: number | undefined) => ({
  ...input(),
  announced: async () => ({ user_id: 'alice', size_bytes }),
});

describe('the room of an upload', () => {
  test.each([
    ['of the announced size', JPEG.length],
    ['smaller than announced', JPEG.length + 1000],
    ['larger than announced', JPEG.length - 10],
    ['of unknown size', undefined],
  ])('is what the image takes in the end: %s', async (_what, size) => {
    const { deps } = memoryDeps();
    await upload(deps, announced(size));
    expect(await usageOf(deps)).toEqual(ONE);
  });

  test('is reserved before a byte is taken, as far as it is announced', async () => {
    const { deps } = memoryDeps();
    const quotaLimits = { max_images: null, max_bytes: JPEG.length - 1 };
    let taken = 0;
    async function* bytes() {
      taken++;
      yield JPEG;
    }
    const given = { ...announced(JPEG.length), bytes: bytes() };
    await expect(upload({ ...deps, quotaLimits }, given)).rejects.toMatchObject({ code: 'quota_exceeded' });
    expect(taken).toBe(0);
  });

  test.each([[announced(undefined)], [announced(10)], [input()]])(
    'that turns out too small refuses the image before it is stored, and leaves nothing',
    async (given) => {
      const { deps, stored, jobs } = memoryDeps();
      const quotaLimits = { max_images: null, max_bytes: JPEG.length - 1 };
      await expect(upload({ ...deps, quotaLimits }, given)).rejects.toMatchObject({ code: 'quota_exceeded' });
      expect([await stored(), await usageOf(deps), jobs]).toEqual([NOTHING, NONE, []]);
    },
  );

  test.each<[string, (deps: Deps) => Partial<Deps>]>([
    ['the object cannot be begun', ({ objects }) => ({ objects: { ...objects, begin: fail } })],
    [
      'the object cannot be committed',
      ({ objects }) => ({
        objects: { ...objects, begin: async () => ({ ...(await objects.begin()), commit: fail }) },
      }),
    ],
    ['no URL can be made', ({ objects }) => ({ objects: { ...objects, presignRead: fail } })],
    ['the record is refused', ({ index }) => ({ index: { ...index, insert: refuse } })],
    [
      'the record is refused, and the bytes cannot be deleted',
      ({ index, objects }) => ({
        index: { ...index, insert: refuse },
        objects: { ...objects, delete: fail },
      }),
    ],
  ])('is given back at once where no record can come any more: %s', async (_what, broken) => {
    const { deps, jobs } = memoryDeps();
    await expect(upload({ ...deps, ...broken(deps) }, announced(JPEG.length))).rejects.toThrow();
    expect(await usageOf(deps)).toEqual(NONE);
    await work(deps, jobs);
    expect(await usageOf(deps)).toEqual(NONE);
  });

  test('is given back where the sender breaks off', async () => {
    const { deps } = memoryDeps();
    const given = { ...announced(JPEG.length), bytes: pieces(JPEG.subarray(0, 20)) };
    await expect(upload(deps, given)).rejects.toMatchObject({ code: 'unprocessable_image' });
    expect(await usageOf(deps)).toEqual(NONE);
  });
});

describe('the room of an upload whose insert got no answer', () => {
  test('is kept where the record turns out to be there', async () => {
    const { deps, jobs } = memoryDeps();
    const insert: Deps['index']['insert'] = async (record) => {
      await deps.index.insert(record);
      throw FAILURE;
    };
    await upload({ ...deps, index: { ...deps.index, insert } });
    expect([await usageOf(deps), jobs]).toEqual([ONE, []]);
  });

  test('is given back by the job, where no record has come', async () => {
    const { deps, jobs } = memoryDeps();
    await expect(upload({ ...deps, index: { ...deps.index, insert: fail } })).rejects.toBe(FAILURE);
    expect(await usageOf(deps)).toEqual(ONE);
    await work(deps, jobs);
    expect(await usageOf(deps)).toEqual(NONE);
  });

  test('is given back by the job once, where the record has come without its bytes', async () => {
    const { deps, jobs, stored } = memoryDeps();
    await upload({ ...deps }); // Another image, whose room must stay.
    const other = await usageOf(deps);
    let late: (() => Promise<void>) | undefined;
    const insert: Deps['index']['insert'] = (record) => {
      late = () => deps.index.insert(record);
      return fail();
    };
    await expect(upload({ ...deps, index: { ...deps.index, insert } })).rejects.toBe(FAILURE);
    await late?.();
    await work(deps, jobs);
    expect((await stored()).images).toHaveLength(1);
    expect(await usageOf(deps)).toEqual(other);
  });

  test('stays reserved by the job, where record and bytes are there after all', async () => {
    const { deps, jobs } = memoryDeps();
    let stored = false;
    const index = {
      ...deps.index,
      async insert(record: Parameters<Deps['index']['insert']>[0]) {
        await deps.index.insert(record);
        stored = true;
        throw FAILURE;
      },
      get: fail,
    };
    await expect(upload({ ...deps, index })).rejects.toBe(FAILURE);
    expect(stored).toBe(true);
    await work(deps, jobs);
    expect(await usageOf(deps)).toEqual(ONE);
  });
});

describe('a ledger that fails', () => {
  const withLedger = (deps: Deps, broken: Partial<QuotaLedger>): Deps => ({
    ...deps,
    quotas: { ...deps.quotas, ...broken },
  });

  test('before the bytes refuses the upload', async () => {
    const { deps, stored } = memoryDeps();
    await expect(upload(withLedger(deps, { reserve: fail }))).rejects.toBe(FAILURE);
    expect(await stored()).toEqual(NOTHING);
  });

  test('once the record is there, or the image refused, changes nothing, and is logged', async () => {
    const { deps, stored, log } = memoryDeps();
    const quotas = withLedger(deps, {
      async reserve(...asked) {
        const reservation = await deps.quotas.reserve(...asked);
        return { ...reservation, keep: fail, giveBack: fail };
      },
    });
    await upload(quotas);
    expect((await stored()).images).toHaveLength(1);
    await expect(upload({ ...quotas, index: { ...deps.index, insert: refuse } })).rejects.toBe(refused);
    const reserved = { user_id: 'alice', ...ONE };
    const entry = expect.objectContaining({
      level: 'error',
      fields: { err: FAILURE, image_id: expect.any(String), reserved },
    });
    expect(log).toEqual([entry, entry]);
  });

  test('does not keep a deletion from being one', async () => {
    const { deps, stored, log } = memoryDeps();
    const { image } = await upload(deps);
    const input = { image_id: image.image_id, permanent: false, if_match: undefined };
    await deleteImage(withLedger(deps, { giveBack: fail }), ANONYMOUS, input);
    expect(await stored()).toEqual(NOTHING);
    expect(log).toEqual([expect.objectContaining({ level: 'error' })]);
  });

  test('fails the job that gives back a reservation, to be tried again', async () => {
    const { deps } = memoryDeps();
    const { image_id, object_key } = sampleRecord();
    const job: Job = {
      kind: 'clean-up-object',
      image_id,
      object_key,
      reserved: { user_id: 'alice', ...ONE },
    };
    await expect(cleanUpObject(withLedger(deps, { giveBack: fail }), job)).rejects.toBe(FAILURE);
  });
});

describe('a job that finds a record without bytes', () => {
  const IMAGE = sampleRecord({ size_bytes: 70 });
  const { image_id, object_key } = IMAGE;

  test('gives back its room, unless another has removed the record', async () => {
    const { deps } = memoryDeps();
    await deps.quotas.reserve('alice', { images: 2, bytes: 100 }, deps.quotaLimits);
    await deps.index.insert(IMAGE);
    const removed = { ...deps.index, remove: () => Promise.reject(imageNotFound()) };
    const job: Job = { kind: 'clean-up-object', image_id, object_key };
    await cleanUpObject({ ...deps, index: removed }, job);
    expect(await usageOf(deps)).toEqual({ images: 2, bytes: 100 });
    await cleanUpObject(deps, job);
    await cleanUpObject(deps, job);
    expect(await usageOf(deps)).toEqual({ images: 1, bytes: 30 });
  });
});
