import { expect, test } from 'vitest';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { createMemoryImageIndex } from '../../drivers/memory/memory-image-index.ts';
import { createMemoryQuotaLedger } from '../../drivers/memory/memory-quota-ledger.ts';
import { recountUsage } from './recount-usage.ts';

const UNLIMITED = { max_images: null, max_bytes: null };

/** A home in which alice has two images, of 10 and 20 bytes, and bob one of 5, all counted. */
async function openHome() {
  const index = createMemoryImageIndex();
  const quotas = createMemoryQuotaLedger();
  const upload = async (user_id: string, size_bytes: number) => {
    const record = sampleRecord({ user_id, size_bytes });
    await quotas.reserve(user_id, { images: 1, bytes: size_bytes }, UNLIMITED);
    await index.insert(record);
    return record;
  };
  const records = [await upload('alice', 10), await upload('alice', 20), await upload('bob', 5)];
  const usageOf = async (user_id: string) => {
    const { images, bytes } = await quotas.usageOf(user_id);
    return { images, bytes };
  };
  return { index, quotas, upload, records, usageOf, home: { walk: index, usages: quotas } };
}

const atOnce = async () => {};
const RIGHT = { users: 2, images: 3, wrong: [], unsettled: [] };

test('what is right is left alone, and nothing is waited for', async () => {
  const { home, quotas } = await openHome();
  const settle = () => Promise.reject(new Error('There is nothing to wait for.'));
  expect(await recountUsage(home, { settle, mend: quotas })).toEqual(RIGHT);
});

test('a count that is wrong is found, and stays as it is unless it is to be mended', async () => {
  const { home, quotas, usageOf } = await openHome();
  await quotas.reserve('alice', { images: 1, bytes: 70 }, UNLIMITED);
  const seen = { images: 3, bytes: 100 };
  const counted = { images: 2, bytes: 30 };
  const wrong = { user_id: 'alice', seen, counted };
  expect(await recountUsage(home, { settle: atOnce })).toEqual({
    ...RIGHT,
    wrong: [{ ...wrong, mended: false }],
  });
  expect(await usageOf('alice')).toEqual(seen);
  expect(await recountUsage(home, { settle: atOnce, mend: quotas })).toEqual({
    ...RIGHT,
    wrong: [{ ...wrong, mended: true }],
  });
  expect(await usageOf('alice')).toEqual(counted);
  expect(await usageOf('bob')).toEqual({ images: 1, bytes: 5 });
  expect(await recountUsage(home, { settle: atOnce, mend: quotas })).toEqual(RIGHT);
});

test('users without a count, and counts without an image, are found too', async () => {
  const { home, quotas, index, usageOf } = await openHome();
  await index.insert(sampleRecord({ user_id: 'carol', size_bytes: 7 }));
  await quotas.reserve('dan', { images: 1, bytes: 9 }, UNLIMITED);
  const { wrong } = await recountUsage(home, { settle: atOnce, mend: quotas });
  expect(wrong.map(({ user_id, mended }) => [user_id, mended]).sort()).toEqual([
    ['carol', true],
    ['dan', true],
  ]);
  expect(await usageOf('carol')).toEqual({ images: 1, bytes: 7 });
  expect(await usageOf('dan')).toEqual({ images: 0, bytes: 0 });
});

test('an upload under way is no mistake: its record is waited for, or its room given back', async () => {
  const { home, quotas, index, usageOf } = await openHome();
  const amount = { images: 1, bytes: 40 };
  const mine = await quotas.reserve('alice', amount, UNLIMITED);
  await quotas.reserve('bob', amount, UNLIMITED);
  const settle = async () => {
    await mine.giveBack();
    await index.insert(sampleRecord({ user_id: 'bob', size_bytes: 40 }));
  };
  expect(await recountUsage(home, { settle, mend: quotas })).toEqual(RIGHT);
  expect(await usageOf('bob')).toEqual({ images: 2, bytes: 45 });
});

test('who goes on meanwhile is not corrected, and is named', async () => {
  const { home, quotas, upload, usageOf } = await openHome();
  await quotas.reserve('alice', { images: 1, bytes: 70 }, UNLIMITED);
  const settle = async () => void (await upload('alice', 1));
  expect(await recountUsage(home, { settle, mend: quotas })).toMatchObject({
    wrong: [],
    unsettled: ['alice'],
  });
  expect(await usageOf('alice')).toEqual({ images: 4, bytes: 101 });
});

test('nor is a count that changes at the last moment', async () => {
  const { home, quotas } = await openHome();
  await quotas.reserve('alice', { images: 1, bytes: 70 }, UNLIMITED);
  const mend = { correct: async () => false };
  expect(await recountUsage(home, { settle: atOnce, mend })).toMatchObject({
    wrong: [],
    unsettled: ['alice'],
  });
});
