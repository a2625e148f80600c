import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { currentVersionOf, type ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { NO_OWN_LIMITS } from '../../src/domain/quota.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import type { QuotaAmount, QuotaLedger, QuotaLimits } from '../../src/ports/quota-ledger.ts';
import type { CountedUser, UsageWalk } from '../../src/ports/usage-walk.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { type ContractScale, FULL_SCALE } from './scale.ts';

/** A ledger with the index beside it: some count by the records themselves. */
export interface QuotaHome {
  readonly quotas: QuotaLedger;
  readonly usages: UsageWalk;
  readonly index: Pick<ImageIndex, 'insert' | 'replace' | 'remove'>;
  close(): Promise<void>;
}

const UNLIMITED: QuotaLimits = { max_images: null, max_bytes: null };
const limits = (max_images: number | null, max_bytes: number | null = null): QuotaLimits => ({
  max_images,
  max_bytes,
});

const recordOf = (user_id: string, size_bytes: number) =>
  sampleRecord({ user_id, size_bytes, image_id: newImageId(Date.now()) });

let users = 0;
/** A user whom no other test knows. */
const newUser = () => `user ${++users}`;

/** Holds a driver to what the port `QuotaLedger` promises. */
export function describeQuotaLedger(
  name: string,
  open: () => Promise<QuotaHome>,
  scale: ContractScale = FULL_SCALE,
): void {
  let home: QuotaHome;
  const quotas = () => home.quotas;
  const index = () => home.index;
  const usageOf = async (user: string): Promise<QuotaAmount> => {
    const { images, bytes } = await quotas().usageOf(user);
    return { images, bytes };
  };
  const upload = async (user: string, bytes: number, defaults = UNLIMITED): Promise<ImageRecord> => {
    const record = recordOf(user, bytes);
    const amount = { images: 1, bytes };
    const reservation = await quotas().reserve(user, amount, defaults, record.image_id);
    await index().insert(record);
    await reservation.keep(bytes);
    return record;
  };
  const remove = async (record: ImageRecord) => {
    await index().remove(record);
    await quotas().giveBack(record.user_id, { images: 1, bytes: record.size_bytes });
  };

  describe(`the quota ledger in ${name}`, () => {
    beforeAll(async () => {
      home = await open();
    });
    afterAll(() => home.close());

    test('knows nothing of a user that nobody has heard of', async () => {
      expect(await quotas().usageOf(newUser())).toEqual({ images: 0, bytes: 0, limits: NO_OWN_LIMITS });
    });

    describe('a reservation', () => {
      test('counts at once, and not any more when it is given back', async () => {
        const user = newUser();
        const reservation = await quotas().reserve(user, { images: 1, bytes: 70 }, UNLIMITED);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 70 });
        await reservation.giveBack();
        expect(await usageOf(user)).toEqual({ images: 0, bytes: 0 });
      });

      test('and the record that it was for count once, before it is kept and after', async () => {
        const user = newUser();
        const record = recordOf(user, 70);
        const reservation = await quotas().reserve(
          user,
          { images: 1, bytes: 70 },
          UNLIMITED,
          record.image_id,
        );
        await index().insert(record);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 70 });
        await reservation.keep(70);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 70 });
      });

      test('and the version that it was for count once, before it is kept, after, and once it is a former one', async () => {
        const user = newUser();
        const first = await upload(user, 100);
        const version = async (previous: ImageRecord, size_bytes: number) => {
          const reservation = await quotas().reserve(user, { images: 0, bytes: size_bytes }, UNLIMITED);
          const { image_id } = previous;
          const number = previous.version + 1;
          const object_key = `${previous.object_key}.v${number}`;
          reservation.willBe({ image_id, object_key });
          const former_versions = [currentVersionOf(previous), ...previous.former_versions];
          const next = { ...previous, version: number, object_key, size_bytes, former_versions };
          await index().replace(previous, next);
          return { reservation, next };
        };
        const second = await version(first, 50);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 150 });
        const third = await version(second.next, 7);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 157 });
        await second.reservation.keep(50);
        await third.reservation.keep(7);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 157 });
      });

      test('for a version that has not come yet counts', async () => {
        const user = newUser();
        const { image_id, object_key } = await upload(user, 100);
        const reservation = await quotas().reserve(user, { images: 0, bytes: 50 }, UNLIMITED);
        reservation.willBe({ image_id, object_key: `${object_key}.v2` });
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 150 });
        await reservation.giveBack();
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 100 });
      });

      test('leaves what its record does not take', async () => {
        const user = newUser();
        const record = recordOf(user, 30);
        const reservation = await quotas().reserve(
          user,
          { images: 1, bytes: 70 },
          UNLIMITED,
          record.image_id,
        );
        await index().insert(record);
        await reservation.keep(30);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 30 });
      });

      test('can be made smaller, and larger as far as there is room', async () => {
        const user = newUser();
        const reservation = await quotas().reserve(user, { images: 1, bytes: 70 }, limits(null, 100));
        await reservation.resize(20);
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 20 });
        await reservation.resize(100);
        await expect(reservation.resize(101)).rejects.toThrow('100 bytes, of which 100 are left');
        expect(await usageOf(user)).toEqual({ images: 1, bytes: 100 });
        await reservation.giveBack();
        expect(await usageOf(user)).toEqual({ images: 0, bytes: 0 });
      });
    });

    describe('a limit', () => {
      test('is reached, and not passed; the refusal says which it is and how much is left', async () => {
        const user = newUser();
        const defaults = limits(2, 100);
        await upload(user, 60, defaults);
        await expect(upload(user, 41, defaults)).rejects.toMatchObject({
          code: 'quota_exceeded',
          message: 'The limit of this user is 100 bytes, of which 40 are left: too few for this image.',
        });
        await upload(user, 40, defaults);
        await expect(upload(user, 0, defaults)).rejects.toMatchObject({
          code: 'quota_exceeded',
          message: 'The limit of this user is 2 images, of which 0 are left.',
        });
        expect(await usageOf(user)).toEqual({ images: 2, bytes: 100 });
      });

      test('that is smaller than the first image refuses it', async () => {
        const user = newUser();
        await expect(upload(user, 101, limits(null, 100))).rejects.toMatchObject({ code: 'quota_exceeded' });
        expect(await usageOf(user)).toEqual({ images: 0, bytes: 0 });
      });

      test('of which nothing is asked is not looked at', async () => {
        const user = newUser();
        await upload(user, 100);
        const more = await quotas().reserve(user, { images: 1, bytes: 0 }, limits(2, 50));
        await expect(more.resize(1)).rejects.toMatchObject({ code: 'quota_exceeded' });
        const bytes = await quotas().reserve(user, { images: 0, bytes: 5 }, limits(1, null));
        expect(await usageOf(user)).toEqual({ images: 2, bytes: 105 });
        await Promise.all([more.giveBack(), bytes.giveBack()]);
      });

      test('is never passed by any number of reservations at once, and none is refused that fits', async () => {
        const amounts = fc.array(fc.record({ images: fc.integer({ min: 0, max: 2 }), bytes: fc.nat(50) }), {
          minLength: 1,
          maxLength: 20,
        });
        const most = fc.option(fc.integer({ min: 1, max: 120 }));
        const own = fc.option(most, { nil: undefined });
        const run = async (
          wanted: QuotaAmount[],
          defaults: QuotaLimits,
          set: (number | null | undefined)[],
        ) => {
          const user = newUser();
          const [max_images, max_bytes] = set;
          await quotas().setLimits(user, { max_images, max_bytes });
          const outcomes = await Promise.allSettled(
            wanted.map((amount) => quotas().reserve(user, amount, defaults)),
          );
          const granted = wanted.filter((_amount, nth) => outcomes[nth]?.status === 'fulfilled');
          const refused = wanted.filter((_amount, nth) => outcomes[nth]?.status === 'rejected');
          for (const outcome of outcomes) {
            if (outcome.status === 'rejected')
              expect(outcome.reason).toMatchObject({ code: 'quota_exceeded' });
          }
          const used = sumOf(granted);
          expect(await usageOf(user)).toEqual(used);
          const mostImages = (max_images === undefined ? defaults.max_images : max_images) ?? Infinity;
          const mostBytes = (max_bytes === undefined ? defaults.max_bytes : max_bytes) ?? Infinity;
          expect(used.images).toBeLessThanOrEqual(mostImages);
          expect(used.bytes).toBeLessThanOrEqual(mostBytes);
          for (const { images, bytes } of refused) {
            const tooMany = images > 0 && used.images + images > mostImages;
            const tooLarge = bytes > 0 && used.bytes + bytes > mostBytes;
            expect(tooMany || tooLarge).toBe(true);
          }
        };
        const defaults = fc.record({ max_images: most, max_bytes: most });
        const property = fc.asyncProperty(amounts, defaults, fc.tuple(own, own), run);
        await fc.assert(property, { numRuns: Math.ceil(100 * scale.rounds) });
      });

      test('leaves room again for as many as have given theirs back', async () => {
        const user = newUser();
        const records: ImageRecord[] = [];
        for (let made = 0; made < 5; made++) records.push(await upload(user, 10, limits(5)));
        await Promise.all(records.slice(0, 2).map(remove));
        expect(await usageOf(user)).toEqual({ images: 3, bytes: 30 });
        const again = await Promise.allSettled(Array.from({ length: 6 }, () => upload(user, 10, limits(5))));
        expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
        expect(await usageOf(user)).toEqual({ images: 5, bytes: 50 });
      });
    });

    describe("a user's own limits", () => {
      test('count in place of the defaults, higher or lower, each for itself', async () => {
        const user = newUser();
        await quotas().setLimits(user, { max_images: 3, max_bytes: undefined });
        const defaults = limits(1, 100);
        for (const bytes of [30, 30]) await upload(user, bytes, defaults);
        await expect(upload(user, 41, defaults)).rejects.toMatchObject({ code: 'quota_exceeded' });
        await upload(user, 40, defaults);
        await expect(upload(user, 0, defaults)).rejects.toThrow('3 images');
        expect((await quotas().usageOf(user)).limits).toEqual({ max_images: 3, max_bytes: undefined });
      });

      test('may be none, and can be taken away again', async () => {
        const user = newUser();
        const defaults = limits(1, 10);
        await quotas().setLimits(user, { max_images: null, max_bytes: null });
        for (const bytes of [10, 500]) await upload(user, bytes, defaults);
        expect((await quotas().usageOf(user)).limits).toEqual({ max_images: null, max_bytes: null });
        await quotas().setLimits(user, NO_OWN_LIMITS);
        await expect(upload(user, 1, defaults)).rejects.toMatchObject({ code: 'quota_exceeded' });
        expect(await quotas().usageOf(user)).toEqual({ images: 2, bytes: 510, limits: NO_OWN_LIMITS });
      });

      test('below what is there leave it there, and nothing fits until enough has gone', async () => {
        const user = newUser();
        const records = [await upload(user, 10), await upload(user, 10), await upload(user, 10)];
        await quotas().setLimits(user, { max_images: 2, max_bytes: 15 });
        await expect(upload(user, 1)).rejects.toThrow('2 images, of which 0 are left');
        expect(await usageOf(user)).toEqual({ images: 3, bytes: 30 });
        for (const record of records.slice(1)) await remove(record);
        await expect(upload(user, 6)).rejects.toThrow('15 bytes, of which 5 are left');
        await upload(user, 5);
        expect(await usageOf(user)).toEqual({ images: 2, bytes: 15 });
      });

      test('follow what has changed since they were set', async () => {
        const user = newUser();
        await upload(user, 10);
        await quotas().setLimits(user, { max_images: 2, max_bytes: 100 });
        const record = await upload(user, 90);
        await expect(upload(user, 0)).rejects.toThrow('2 images, of which 0 are left');
        await remove(record);
        await quotas().setLimits(user, { max_images: 5, max_bytes: 30 });
        await expect(upload(user, 21)).rejects.toThrow('30 bytes, of which 20 are left');
        await upload(user, 20);
      });
    });

    test('a record that takes less room than before gives the difference back', async () => {
      const user = newUser();
      const record = await upload(user, 100);
      await index().replace(record, { ...record, size_bytes: 60, revision: record.revision + 1 });
      await quotas().giveBack(user, { images: 0, bytes: 40 });
      expect(await usageOf(user)).toEqual({ images: 1, bytes: 60 });
    });

    test('what is not counted is not given back: no count falls below zero', async () => {
      const user = newUser();
      await quotas().giveBack(user, { images: 3, bytes: 1000 });
      expect(await usageOf(user)).toEqual({ images: 0, bytes: 0 });
      const record = await upload(user, 10);
      await remove(record);
      await quotas().giveBack(user, { images: 1, bytes: 10 });
      expect(await usageOf(user)).toEqual({ images: 0, bytes: 0 });
      await upload(user, 10, limits(1, 10));
    });

    test('users are told apart, whatever they are called', async () => {
      const names = [
        'a/b',
        'a%2Fb',
        'a#b',
        'QUOTA#a',
        '..',
        '.',
        '\u00c4',
        'A\u0308',
        '\u00e4',
        ' ',
        "'",
        '😀'.repeat(32),
      ];
      const mine = names.map((text, nth) => ({ user: text, bytes: nth + 1 }));
      await Promise.all(mine.map(({ user, bytes }) => upload(user, bytes)));
      for (const { user, bytes } of mine) expect(await usageOf(user)).toEqual({ images: 1, bytes });
      const walked = await walkedOf(home.usages);
      for (const { user, bytes } of mine) {
        expect(walked.filter(({ user_id }) => user_id === user)).toEqual([
          { user_id: user, images: 1, bytes },
        ]);
      }
    });

    describe('a correction', () => {
      test('puts right what is as it was seen, and nothing else', async () => {
        const user = newUser();
        await upload(user, 10);
        const seen = await usageOf(user);
        expect(await quotas().correct(user, { images: 2, bytes: 10 }, { images: 9, bytes: 9 })).toBe(false);
        expect(await quotas().correct(user, { images: 1, bytes: 11 }, { images: 9, bytes: 9 })).toBe(false);
        expect(await usageOf(user)).toEqual(seen);
        expect(await quotas().correct(user, seen, { images: 4, bytes: 400 })).toBe(true);
        expect(await usageOf(user)).toEqual({ images: 4, bytes: 400 });
        await expect(upload(user, 1, limits(4))).rejects.toThrow('4 images, of which 0 are left');
      });

      test('is made of a user of whom nothing is counted, and leaves their limits', async () => {
        const user = newUser();
        const nothing = { images: 0, bytes: 0 };
        expect(await quotas().correct(user, nothing, { images: 1, bytes: 5 })).toBe(true);
        await quotas().setLimits(user, { max_images: 3, max_bytes: 20 });
        expect(await quotas().correct(user, { images: 1, bytes: 5 }, { images: 2, bytes: 15 })).toBe(true);
        await expect(upload(user, 6)).rejects.toThrow('20 bytes, of which 5 are left');
        await upload(user, 5);
        await expect(upload(user, 0)).rejects.toThrow('3 images, of which 0 are left');
      });
    });
  });
}

/** Holds a driver whose store has failed to what the port says of it. */
export function describeFailedQuotaLedger(name: string, open: () => Promise<QuotaLedger>): void {
  test(`failures of ${name} are told as unavailable, with the cause`, async () => {
    const quotas = await open();
    const failed = { code: 'unavailable', cause: expect.anything() };
    await expect(quotas.reserve('alice', { images: 1, bytes: 1 }, UNLIMITED)).rejects.toMatchObject(failed);
    await expect(quotas.usageOf('alice')).rejects.toMatchObject(failed);
    await expect(quotas.setLimits('alice', NO_OWN_LIMITS)).rejects.toMatchObject(failed);
    const amount = { images: 1, bytes: 1 };
    await expect(quotas.correct('alice', amount, amount)).rejects.toMatchObject(failed);
  });
}

function sumOf(amounts: readonly QuotaAmount[]): QuotaAmount {
  return {
    images: amounts.reduce((sum, { images }) => sum + images, 0),
    bytes: amounts.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function walkedOf(usages: UsageWalk): Promise<CountedUser[]> {
  const all: CountedUser[] = [];
  for await (const user of usages.walk()) all.push(user);
  return all;
}
