import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { DynamoImageWalk } from './dynamo-image-walk.ts';
import { itemFromRecord } from './image-item.ts';

/** A client that gives one answer after another, or fails with one. */
function answering(...answers: readonly unknown[]) {
  const inputs: unknown[] = [];
  const send = async ({ input }: { input: unknown }) => {
    const answer = answers[inputs.push(input) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { inputs, client: { send } as unknown as DynamoDBClient };
}

function walkOver(client: DynamoDBClient) {
  const pauses: number[] = [];
  const pause = async (milliseconds: number) => {
    pauses.push(milliseconds);
  };
  return { pauses, walk: new DynamoImageWalk({ client, table: 'images', unitsPerSecond: 10, pause }) };
}

async function idsOf(walk: DynamoImageWalk): Promise<string[]> {
  const ids: string[] = [];
  for await (const { image_id } of walk.walk()) ids.push(image_id);
  return ids;
}

test('between pages it waits for as long as their read units are worth, and not after the last', async () => {
  const [one, two, three] = [sampleRecord(), sampleRecord(), sampleRecord()];
  const key = { image_id: { S: two.image_id } };
  const { client, inputs } = answering(
    { Items: [itemFromRecord(one, 'b')], LastEvaluatedKey: key, ConsumedCapacity: { CapacityUnits: 50 } },
    { Items: [], LastEvaluatedKey: key, ConsumedCapacity: { CapacityUnits: 2.5 } },
    {
      Items: [two, three].map((record) => itemFromRecord(record, 'b')),
      ConsumedCapacity: { CapacityUnits: 9 },
    },
  );
  const { walk, pauses } = walkOver(client);
  expect(await idsOf(walk)).toEqual([one, two, three].map(({ image_id }) => image_id));
  expect(pauses).toEqual([5000, 250]);
  const page = { TableName: 'images', ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL' };
  expect(inputs).toEqual([
    expect.objectContaining(page),
    expect.objectContaining({ ...page, ExclusiveStartKey: key }),
    expect.objectContaining({ ...page, ExclusiveStartKey: key }),
  ]);
  expect(inputs[0]).not.toHaveProperty('ExclusiveStartKey');
});

test('a failure is the store being unavailable, with its cause, and never the end of the walk', async () => {
  const failure = new Error('throttled');
  const key = { image_id: { S: 'x' } };
  const { client } = answering({ Items: [], LastEvaluatedKey: key }, failure);
  await expect(idsOf(walkOver(client).walk)).rejects.toMatchObject({ code: 'unavailable', cause: failure });
  await expect(walkOver(answering(failure).client).walk.estimate()).rejects.toMatchObject({
    code: 'unavailable',
  });
});
