import { beforeEach, describe, expect, test, vi } from 'vitest';
import { expectEmpty, expectImage, expectList, expectProblem } from '../support/answers.ts';
import {
  answerLost,
  cancelled,
  DYNAMODB_DOWN,
  type Fault,
  type FaultyRequests,
  heldBack,
  jsonError,
  neverSent,
  PUT,
  RECORD,
  S3_DOWN,
  SQS_DOWN,
  TRANSACTION,
  xmlError,
} from '../support/faults.ts';
import {
  breakCredentials,
  expectUnavailable,
  type FaultyHome,
  homeWithImage,
  openFaultyHome,
  tryUpload,
} from '../support/faulty-home.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { contentOf } from '../support/stored-bytes.ts';

// Hundreds of requests over the emulators; the operations’ own tests have failing ports in every run.
beforeEach(onlyWhenLarge);

const NOTHING = { objects: [], records: [] };

/** The pauses between tries are random shares of a length that grows: here they are always the smallest. */
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => random.mockRestore();
});

/** The home works again: a new try is made, seen, and has its bytes. */
async function expectRetrySucceeds(home: FaultyHome): Promise<void> {
  home.faults.set();
  const { image_id } = await expectImage(await tryUpload(home), 201);
  const { items } = await expectList(await home.request('/images?user_id=alice'));
  expect(items.map((item) => item.image_id)).toContain(image_id);
  expect(await contentOf(home.deps.objects, `alice/${image_id}`)).toBeDefined();
}

/** Every record has its bytes and the other way round. */
async function expectConsistent(home: FaultyHome): Promise<void> {
  const { objects, records } = await home.stored();
  expect(objects).toEqual(records.map((id) => `alice/${id}`).sort());
}

/** What stays for good after an upload has failed: nothing, once the jobs are done. */
async function expectNothingStays(home: FaultyHome, jobs: number): Promise<void> {
  home.faults.set();
  expect((await home.stored()).records).toEqual([]);
  expect(home.queued).toHaveLength(jobs);
  await home.workOff();
  expect(await home.stored()).toEqual(NOTHING);
}

type Case = readonly [what: string, faults: readonly FaultyRequests[]];

const FOR_GOOD: readonly Case[] = [
  ['the put fails', [{ ...PUT, fault: S3_DOWN }]],
  ['the put is refused', [{ ...PUT, fault: xmlError('AccessDenied', 403) }]],
  ['the put is slowed down for good', [{ ...PUT, fault: xmlError('SlowDown', 503) }]],
  ['the put does not arrive', [{ ...PUT, fault: neverSent }]],
  ['the put is stored, but never answered', [{ ...PUT, fault: answerLost }]],
  [
    'the put is stored, but never answered, and nobody can look',
    [
      { ...PUT, fault: answerLost },
      { at: 'S3 HEAD', fault: S3_DOWN },
    ],
  ],
  [
    'the put is stored, but never answered, and cannot be taken back',
    [
      { ...PUT, fault: answerLost },
      { at: 'S3 DELETE', fault: S3_DOWN },
    ],
  ],
  ['the transaction fails', [{ ...TRANSACTION, fault: DYNAMODB_DOWN }]],
  ['the transaction does not arrive', [{ ...TRANSACTION, fault: neverSent }]],
  [
    'the transaction is throttled for good',
    [{ ...TRANSACTION, fault: jsonError('ThrottlingException', 400) }],
  ],
  [
    'the transaction exceeds the throughput for good',
    [{ ...TRANSACTION, fault: jsonError('ProvisionedThroughputExceededException', 400) }],
  ],
  ['the transaction meets another for good', [{ ...TRANSACTION, fault: cancelled('TransactionConflict') }]],
  [
    'the transaction is in progress for good',
    [{ ...TRANSACTION, fault: jsonError('TransactionInProgressException', 400) }],
  ],
  [
    'the transaction fails, and then the removal of the object',
    [
      { ...TRANSACTION, fault: DYNAMODB_DOWN },
      { at: 'S3 DELETE', fault: S3_DOWN },
    ],
  ],
  [
    'the transaction fails, and nobody can see whether it was written',
    [
      { ...TRANSACTION, fault: DYNAMODB_DOWN },
      { ...RECORD, fault: DYNAMODB_DOWN },
    ],
  ],
];

describe('an upload fails', () => {
  test.each(FOR_GOOD)('when %s: 503, nothing stays, and another try succeeds', async (_what, faults) => {
    const home = await openFaultyHome();
    home.faults.set(...faults);
    await expectUnavailable(await tryUpload(home));
    await expectNothingStays(home, 1);
    await expectRetrySucceeds(home);
    await expectConsistent(home);
  });

  test('when the put arrives only after it was given up: a job takes the bytes back', async () => {
    const home = await openFaultyHome();
    const { fault, arrive } = heldBack();
    home.faults.set({ ...PUT, fault, times: 1 }, { ...PUT, fault: neverSent });
    await expectUnavailable(await tryUpload(home));
    home.faults.set();
    expect(await home.stored()).toEqual(NOTHING);
    await arrive();
    expect((await home.stored()).objects).toHaveLength(1);
    await expectNothingStays(home, 1);
  });

  test('when the transaction arrives only after it was given up: a job takes the record back', async () => {
    const home = await openFaultyHome();
    const { fault, arrive } = heldBack();
    home.faults.set({ ...TRANSACTION, fault, times: 1 }, { ...TRANSACTION, fault: neverSent });
    await expectUnavailable(await tryUpload(home));
    home.faults.set();
    expect(await home.stored()).toEqual(NOTHING);
    await arrive();
    expect((await home.stored()).records).toHaveLength(1);
    await home.workOff();
    expect(await home.stored()).toEqual(NOTHING);
  });

  test('when all fails, the queue too: 503, nothing is seen, and the log names what is left', async () => {
    const home = await openFaultyHome();
    home.faults.set(
      { ...TRANSACTION, fault: DYNAMODB_DOWN },
      { at: 'S3 DELETE', fault: S3_DOWN },
      { at: 'SendMessage', fault: SQS_DOWN },
    );
    await expectUnavailable(await tryUpload(home));
    home.faults.set();
    const { objects, records } = await home.stored();
    expect([objects.length, records, home.queued]).toEqual([1, [], []]);
    expect(home.log.map(({ fields }) => fields['object_key'])).toContain(objects[0]);
    await expectRetrySucceeds(home);
  });

  test('when the credentials break before the put: 503, and nothing stays', async () => {
    const home = await openFaultyHome();
    const mend = breakCredentials(home);
    await expectUnavailable(await tryUpload(home));
    mend();
    await expectNothingStays(home, 1);
    await expectRetrySucceeds(home);
  });

  test('when the credentials break after the put, so that no URL can be signed: nothing is seen', async () => {
    const home = await openFaultyHome();
    let mend = () => {};
    const thenBreak: Fault = async (pass) => {
      const answer = await pass();
      mend = breakCredentials(home);
      return answer;
    };
    home.faults.set({ ...PUT, fault: thenBreak });
    await expectUnavailable(await tryUpload(home));
    mend();
    expect(home.faults.met('S3 PUT')).toBe(1);
    await expectNothingStays(home, 1);
    await expectRetrySucceeds(home);
  });
});

const PASSING: readonly Case[] = [
  ['the put is slowed down', [{ ...PUT, fault: xmlError('SlowDown', 503), times: 2 }]],
  ['the put does not arrive', [{ ...PUT, fault: neverSent, times: 2 }]],
  ['the put is stored, and its answer lost', [{ ...PUT, fault: answerLost, times: 1 }]],
  [
    'the transaction is throttled',
    [{ ...TRANSACTION, fault: jsonError('ThrottlingException', 400), times: 2 }],
  ],
  [
    'the transaction exceeds the throughput',
    [{ ...TRANSACTION, fault: jsonError('ProvisionedThroughputExceededException', 400), times: 2 }],
  ],
  [
    'the transaction is throttled as a whole',
    [{ ...TRANSACTION, fault: cancelled('ThrottlingError'), times: 2 }],
  ],
  ['the transaction meets another', [{ ...TRANSACTION, fault: cancelled('TransactionConflict'), times: 7 }]],
  [
    'the transaction is in progress for longer than the SDK waits',
    [{ ...TRANSACTION, fault: jsonError('TransactionInProgressException', 400), times: 6 }],
  ],
  ['the transaction is written, and its answer lost', [{ ...TRANSACTION, fault: answerLost, times: 1 }]],
  ['the transaction is written, and no answer ever comes', [{ ...TRANSACTION, fault: answerLost }]],
  [
    'the transaction is written, its answer lost, and then it meets itself',
    [
      { ...TRANSACTION, fault: answerLost, times: 1 },
      { ...TRANSACTION, fault: cancelled('TransactionConflict'), times: 1 },
    ],
  ],
];

describe('an upload succeeds', () => {
  test.each(PASSING)('although %s: 201, one image, and no job', async (_what, faults) => {
    const home = await openFaultyHome();
    home.faults.set(...faults);
    const { image_id } = await expectImage(await tryUpload(home), 201);
    for (const { at } of faults) expect(home.faults.met(at)).toBeGreaterThan(0);
    home.faults.set();
    expect(await home.stored()).toEqual({ objects: [`alice/${image_id}`], records: [image_id] });
    expect(home.queued).toEqual([]);
  });

  test('although nobody is told: the image stays, and the job sees that it is whole', async () => {
    const home = await openFaultyHome();
    home.faults.set({ ...TRANSACTION, fault: answerLost }, { ...RECORD, fault: DYNAMODB_DOWN });
    await expectUnavailable(await tryUpload(home));
    home.faults.set();
    expect(home.queued).toHaveLength(1);
    const before = await home.stored();
    expect([before.objects.length, before.records.length]).toEqual([1, 1]);
    await home.workOff();
    expect(await home.stored()).toEqual(before);
    await expectConsistent(home);
  });
});

describe('a deletion', () => {
  test.each<Case>([
    ['S3 fails', [{ at: 'S3 DELETE', fault: S3_DOWN }]],
    ['S3 slows down for good', [{ at: 'S3 DELETE', fault: xmlError('SlowDown', 503) }]],
    ['S3 is not reached', [{ at: 'S3 DELETE', fault: neverSent }]],
  ])('fails when %s: 503, the image stays whole, and another try ends it', async (_what, faults) => {
    const { home, image_id, remove, view } = await homeWithImage();
    home.faults.set(...faults);
    await expectUnavailable(await remove());
    home.faults.set();
    await expectImage(await view());
    await home.workOff();
    expect(await home.stored()).toEqual({ objects: [`alice/${image_id}`], records: [image_id] });
    await expectEmpty(await remove(), 204);
    expect(await home.stored()).toEqual(NOTHING);
  });

  test.each<Case>([
    ['the object has gone and nobody is told', [{ at: 'S3 DELETE', fault: answerLost }]],
    ['the record cannot be removed', [{ ...TRANSACTION, fault: DYNAMODB_DOWN }]],
    ['the record is busy for good', [{ ...TRANSACTION, fault: cancelled('TransactionConflict') }]],
    ['the removal of the record does not arrive', [{ ...TRANSACTION, fault: neverSent }]],
  ])('fails when %s: 503, and a job ends it', async (_what, faults) => {
    const { home, remove, view } = await homeWithImage();
    home.faults.set(...faults);
    await expectUnavailable(await remove());
    home.faults.set();
    expect(home.queued).toHaveLength(1);
    await home.workOff();
    expect(await home.stored()).toEqual(NOTHING);
    await expectProblem(await view(), 'not_found');
  });

  test('fails half way: 503, and another try ends it, with the job or without', async () => {
    const { home, remove } = await homeWithImage();
    home.faults.set({ ...TRANSACTION, fault: DYNAMODB_DOWN });
    await expectUnavailable(await remove());
    home.faults.set();
    await expectEmpty(await remove(), 204);
    expect(await home.stored()).toEqual(NOTHING);
    await home.workOff();
    expect(await home.stored()).toEqual(NOTHING);
  });

  test('whose answers are lost on the way, but not all of them, succeeds', async () => {
    const { home, remove } = await homeWithImage();
    home.faults.set(
      { at: 'S3 DELETE', fault: answerLost, times: 1 },
      { ...TRANSACTION, fault: answerLost, times: 1 },
    );
    await expectEmpty(await remove(), 204);
    home.faults.set();
    expect(await home.stored()).toEqual(NOTHING);
    expect(home.queued).toEqual([]);
  });
});
