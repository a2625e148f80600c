import { beforeEach, describe, expect, test, vi } from 'vitest';
import { objectKeysOf, storedBytes } from '../../src/domain/image.ts';
import { expectImage } from '../support/answers.ts';
import {
  answerLost,
  DYNAMODB_DOWN,
  type FaultyRequests,
  heldBack,
  neverSent,
  PUT,
  RECORD,
  S3_DOWN,
  TRANSACTION,
} from '../support/faults.ts';
import { expectUnavailable, homeWithImage } from '../support/faulty-home.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { newPng } from '../support/uploads.ts';

// Over the emulators; the operation’s own tests have failing ports in every run.
beforeEach(onlyWhenLarge);

/** The pauses between tries are random shares of a length that grows: here they are always the smallest. */
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => random.mockRestore();
});

async function withImage() {
  const { home, image_id } = await homeWithImage();
  const replace = () =>
    home.request(`/images/${image_id}/content`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(newPng(500)),
    });
  /** Of this version, with the bytes that it speaks of, no others, and their room. */
  const expectWhole = async (version: number) => {
    const record = await home.deps.index.get(image_id);
    if (!record) throw new Error('The image has gone.');
    expect(record.version).toBe(version);
    const { objects } = await home.stored();
    const originals = objects.filter((key) => !key.startsWith('.renditions/'));
    expect(originals).toEqual([...objectKeysOf(record)].sort());
    const usage = await home.deps.quotas.usageOf(record.user_id);
    expect(usage).toMatchObject({ images: 1, bytes: storedBytes(record) });
  };
  return { home, image_id, replace, expectWhole };
}

type Case = readonly [what: string, faults: readonly FaultyRequests[]];

const FAILING: readonly Case[] = [
  ['the put fails', [{ ...PUT, fault: S3_DOWN }]],
  ['the put is stored, but never answered', [{ ...PUT, fault: answerLost }]],
  [
    'the put is stored, but never answered, and cannot be taken back',
    [
      { ...PUT, fault: answerLost },
      { at: 'S3 DELETE', fault: S3_DOWN },
    ],
  ],
  ['the transaction fails', [{ ...TRANSACTION, fault: DYNAMODB_DOWN }]],
  ['the transaction does not arrive', [{ ...TRANSACTION, fault: neverSent }]],
];

describe('a replacement', () => {
  test.each(FAILING)('fails when %s, and leaves the image as it was', async (_what, faults) => {
    const { home, replace, expectWhole } = await withImage();
    home.faults.set(...faults);
    await expectUnavailable(await replace());
    home.faults.set();
    await home.workOff();
    await expectWhole(1);
    await expectImage(await replace());
    await expectWhole(2);
  });

  test('succeeds when its record is written, but that is never answered', async () => {
    const { home, replace, expectWhole } = await withImage();
    home.faults.set({ ...TRANSACTION, fault: answerLost });
    const image = await expectImage(await replace());
    expect(image).toMatchObject({ version: 2, size_bytes: 500 });
    home.faults.set();
    await expectWhole(2);
  });

  test('that nobody can see the end of stays as it ended', async () => {
    const { home, image_id, replace, expectWhole } = await withImage();
    const get = home.deps.index.get.bind(home.deps.index);
    let reads = 0;
    // What is read before the change cannot be read after it.
    const failing = vi.spyOn(home.deps.index, 'get').mockImplementation((id) => {
      if (++reads === 3) home.faults.set({ ...RECORD, fault: DYNAMODB_DOWN });
      return get(id);
    });
    home.faults.set({ ...TRANSACTION, fault: answerLost });
    await expectUnavailable(await replace());
    failing.mockRestore();
    home.faults.set();
    expect((await get(image_id))?.version).toBe(2);
    await home.workOff();
    await expectWhole(2);
  });

  test('whose record arrives only after it was given up has succeeded', async () => {
    const { home, replace, expectWhole } = await withImage();
    const { fault, arrive } = heldBack();
    home.faults.set({ ...TRANSACTION, fault, times: 1 }, { ...TRANSACTION, fault: neverSent });
    await expectUnavailable(await replace());
    home.faults.set();
    await arrive();
    await home.workOff();
    await expectWhole(2);
  });
});
