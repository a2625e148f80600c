import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { type Answer, OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { newImageId } from '../../domain/image-id.ts';
import type { IdempotencyKeys } from '../../ports/idempotency-keys.ts';
import { DynamoIdempotencyKeys } from './dynamo-idempotency-keys.ts';

const NOW = 1_000_000_000_123;
const KEY = { scope: 'upload-image:a#b', key: '%/' };
const ATTEMPT = {
  attempt_id: 'mine',
  image_id: newImageId(NOW),
  lease_until: NOW + 60_000,
  expires_at: NOW + 86_400_000,
};
const ANSWER = { fingerprint: 'f', content: {} };

function keysOver(answer: Answer) {
  const { client, sent } = stubbedClient<DynamoDBClient>(answer);
  return { keys: new DynamoIdempotencyKeys({ client, table: 'ledger' }), sent };
}

/** The condition does not hold, because of what is stored. */
function refused(stored: Record<string, string | number> = {}): never {
  const attributes = Object.entries(stored).map(([name, value]) => [
    name,
    typeof value === 'number' ? { N: String(value) } : { S: value },
  ]);
  throw new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: { httpStatusCode: 400 },
    Item: Object.fromEntries(attributes),
  });
}

const CALLS: readonly (readonly [name: string, call: (keys: IdempotencyKeys) => Promise<unknown>])[] = [
  ['begin', (keys) => keys.begin(KEY, ATTEMPT, NOW)],
  ['answer', (keys) => keys.answer(KEY, 'mine', ANSWER)],
  ['free', (keys) => keys.free(KEY, 'mine')],
  ['release', (keys) => keys.release(KEY, 'mine')],
];

describe.each(OUTAGES)('a failure of DynamoDB, %s', (_what, error) => {
  test.each(CALLS)('at %s is `unavailable`, with its cause', async (_name, call) => {
    const { keys } = keysOver(() => {
      throw error;
    });
    await expect(call(keys)).rejects.toMatchObject({ code: 'unavailable', cause: error });
  });
});

test('a new key is one conditional put; the table forgets it at the second after its last millisecond', async () => {
  const { keys, sent } = keysOver(() => ({}));
  await keys.begin(KEY, ATTEMPT, NOW);
  expect(sent.map(({ name }) => name)).toEqual(['PutItem']);
  expect(sent[0]?.input).toMatchObject({
    TableName: 'ledger',
    Item: {
      pk: { S: 'IDEM#upload-image%3Aa%23b#%25%2F' },
      expires_at: { N: '1000086401' },
      expires_ms: { N: '1000086400123' },
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
});

test("the SDK's own repetition of a put that was written is no other attempt", async () => {
  const stored = { attempt_id: 'mine', image_id: ATTEMPT.image_id, takeovers: 0, lease_until: NOW + 60_000 };
  const { keys } = keysOver(() => refused(stored));
  expect(await keys.begin(KEY, ATTEMPT, NOW)).toEqual({
    state: 'begun',
    image_id: ATTEMPT.image_id,
    takeovers: 0,
  });
});

describe('an attempt that wants to take over', () => {
  const old = { attempt_id: 'first', image_id: newImageId(1), takeovers: 2, lease_until: NOW };

  test('and comes second looks again, and finds the one that was quicker', async () => {
    const { keys, sent } = keysOver(({ name }, nth) => {
      if (name === 'UpdateItem') return refused();
      return refused(nth === 1 ? old : { ...old, attempt_id: 'second', lease_until: NOW + 5 });
    });
    expect(await keys.begin(KEY, ATTEMPT, NOW)).toEqual({ state: 'in_flight', lease_until: NOW + 5 });
    expect(sent.map(({ name }) => name)).toEqual(['PutItem', 'UpdateItem', 'PutItem']);
  });

  test('and is told that it has not, though the SDK had sent it twice, finds itself', async () => {
    const mine = { ...old, attempt_id: 'mine', takeovers: 3, lease_until: NOW + 60_000 };
    const { keys } = keysOver(({ name }, nth) => {
      if (name === 'UpdateItem') return refused();
      return refused(nth === 1 ? old : mine);
    });
    expect(await keys.begin(KEY, ATTEMPT, NOW)).toEqual({
      state: 'begun',
      image_id: old.image_id,
      takeovers: 3,
    });
  });

  test('and always comes second gives up as `unavailable`', async () => {
    const { keys, sent } = keysOver(({ name }) => (name === 'UpdateItem' ? refused() : refused(old)));
    await expect(keys.begin(KEY, ATTEMPT, NOW)).rejects.toMatchObject({ code: 'unavailable' });
    expect(sent.length).toBeLessThanOrEqual(10);
  });
});
