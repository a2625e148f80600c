import {
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
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

/** The same, after the SDK has sent it so often: all but the last time it had no answer, or a throttling one. */
function cancelledAfter(attempts: number, ...codes: string[]): TransactionCanceledException {
  return Object.assign(cancelled(...codes), { $metadata: { attempts } });
}

const inProgress = new TransactionInProgressException({ $metadata: { attempts: 4 }, message: 'in progress' });

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
  // What DynamoDB keeps of a refused token is not documented: a new one owes nothing to it.
  expect(new Set(sent.map(({ input }) => input['ClientRequestToken'])).size).toBe(4);
  for (const { input } of sent) expect(input['TransactItems']).toEqual(ITEMS);
});

describe('once a sending may have been lost', () => {
  const tokensOf = (sent: ReturnType<typeof write>['sent']) =>
    sent.map(({ input }) => input['ClientRequestToken']);

  test.each([
    ['the SDK had to send it twice', cancelledAfter(2, 'TransactionConflict')],
    ['DynamoDB is still at it', inProgress],
  ])('as %s, it keeps its token: it may be written yet', async (_what, first) => {
    const { written, sent, pauses } = write((_command, nth) => {
      if (nth === 1) throw first;
      if (nth <= 3) throw cancelledAfter(1, 'TransactionConflict');
      return {};
    });
    expect(await written).toBeUndefined();
    expect([sent.length, pauses.length]).toEqual([4, 3]);
    expect(new Set(tokensOf(sent)).size).toBe(1);
  });

  test('and not before: those that were refused for sure have their own', async () => {
    const { written, sent } = write((_command, nth) => {
      if (nth <= 2) throw cancelledAfter(1, 'TransactionConflict');
      if (nth === 3) throw cancelledAfter(2, 'TransactionConflict');
      return {};
    });
    expect(await written).toBeUndefined();
    const [first, second, third, fourth] = tokensOf(sent);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(fourth).toBe(third);
  });

  test('and has been written, it has succeeded, and is not taken for the record of another', async () => {
    const known = new Set<unknown>();
    let lost = true;
    // As DynamoDB does: the lost sending arrives just after the one that met a conflict.
    const { written } = write(({ input: { ClientRequestToken: token } }) => {
      if (known.has(token)) return {};
      if (known.size > 0) throw cancelled('ConditionalCheckFailed');
      known.add(token);
      if (lost) {
        lost = false;
        throw cancelledAfter(2, 'TransactionConflict');
      }
      return {};
    });
    expect(await written).toBeUndefined();
  });

  test('and DynamoDB is at it for ever, that ends as the failure that it is', async () => {
    const { written, sent, pauses } = write(() => {
      throw inProgress;
    });
    await expect(written).rejects.toBe(inProgress);
    expect([sent.length, pauses.length]).toEqual([8, 7]);
    expect(new Set(tokensOf(sent)).size).toBe(1);
  });
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
