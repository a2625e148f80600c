import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type Answer, awsError, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { writeTransaction } from './transaction.ts';

const ITEMS = [
  { Put: { TableName: 'images', Item: { image_id: { S: '1' } } } },
  { Delete: { TableName: 'listings', Key: { pk: { S: 'p' }, sk: { S: 's' } } } },
];

function cancelled(...codes: string[]): TransactionCanceledException {
  const CancellationReasons = codes.map((Code) => ({ Code }));
  return new TransactionCanceledException({ $metadata: {}, message: 'cancelled', CancellationReasons });
}

/** Writes the items; `pauses` are the milliseconds that it waited. */
function write(answer: Answer) {
  const { client, sent } = stubbedClient<DynamoDBClient>(answer);
  const pauses: number[] = [];
  const written = writeTransaction(client, ITEMS, async (milliseconds) => {
    pauses.push(milliseconds);
  });
  return { written, sent, pauses };
}

const failsAtFirst =
  (times: number, error: Error): Answer =>
  (_command, nth) => {
    if (nth <= times) throw error;
    return {};
  };

test('what nobody gets in the way of is written at once', async () => {
  const { written, sent, pauses } = write(() => ({}));
  expect(await written).toBeUndefined();
  expect(sent.map(({ name, input }) => [name, input['TransactItems']])).toEqual([
    ['TransactWriteItems', ITEMS],
  ]);
  expect(pauses).toEqual([]);
});

test.each([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
])('%s passes: it is tried again after a pause, each time anew', async (code) => {
  const { written, sent, pauses } = write(failsAtFirst(3, cancelled('None', code)));
  expect(await written).toBeUndefined();
  expect(sent).toHaveLength(4);
  expect(pauses).toHaveLength(3);
  // An old token would only get the old refusal again.
  expect(new Set(sent.map(({ input }) => input['ClientRequestToken'])).size).toBe(4);
  for (const { input } of sent) expect(input['TransactItems']).toEqual(ITEMS);
});

test('pauses are random, grow, and stay below a second', async () => {
  const all: number[][] = [];
  for (let n = 0; n < 50; n++) {
    const { written, pauses } = write(failsAtFirst(7, cancelled('TransactionConflict')));
    await written;
    all.push(pauses);
  }
  const most = [50, 100, 200, 400, 800, 800, 800];
  for (const pauses of all) {
    expect(pauses).toHaveLength(most.length);
    for (const [n, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(0);
      expect(pause).toBeLessThan(most[n] ?? 0);
    }
  }
  expect(new Set(all.map(([first]) => first)).size).toBeGreaterThan(40);
  expect(Math.max(...all.map(([, , , , fifth = 0]) => fifth))).toBeGreaterThan(100);
});

test('a conflict that does not pass ends as the failure that it is', async () => {
  const conflict = cancelled('TransactionConflict');
  const { written, sent, pauses } = write(() => {
    throw conflict;
  });
  await expect(written).rejects.toBe(conflict);
  expect([sent.length, pauses.length]).toEqual([8, 7]);
});

test('a failed condition is an answer, and is not tried again, whatever else came up', async () => {
  const codes = ['ConditionalCheckFailed', 'TransactionConflict'];
  const { written, sent } = write(failsAtFirst(1, cancelled(...codes)));
  expect(await written).toEqual(codes.map((Code) => ({ Code })));
  expect(sent).toHaveLength(1);
});

test.each([
  ['a reason that does not pass', cancelled('None', 'ValidationError')],
  ['no reason at all', cancelled()],
  ['another failure', awsError('ThrottlingException', 400)],
])('%s is told at once', async (_what, error) => {
  const { written, sent } = write(failsAtFirst(1, error));
  await expect(written).rejects.toBe(error);
  expect(sent).toHaveLength(1);
});
