import {
  BatchGetItemCommand,
  type ConsumedCapacity,
  CreateTableCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startDynamoDb } from './dynamodb.ts';
import { clientAt, createSampleTables, IMAGES, item, ROWS } from './sample-tables.ts';

type Attributes = Parameters<typeof item>[0];
type Steps = NonNullable<TransactWriteItemsCommand['input']['TransactItems']>;

const dynamodb = await startDynamoDb();
const { meter } = dynamodb;
const client = clientAt(dynamodb.endpoint);
await createSampleTables(client);
afterAll(() => dynamodb.stop());
beforeEach(() => void meter.take());

/** An image of so many bytes: 2 + the id, 1 + the text. */
const image = (id: string, bytes: number) => ({ id, b: 'x'.repeat(bytes - 3 - id.length) });
const putImage = (id: string, bytes: number) =>
  client.send(new PutItemCommand({ TableName: IMAGES, Item: item(image(id, bytes)) }));
/** A row of so many bytes: 2 + the key, 2 + 1, the others, 1 + the text. */
const row = (pk: string, bytes: number, more: Readonly<Record<string, string>> = {}) => {
  const taken = Object.entries(more).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return { pk, sk: '1', ...more, b: 'x'.repeat(bytes - 6 - pk.length - taken) };
};
const putRow = (attributes: Attributes) =>
  client.send(new PutItemCommand({ TableName: ROWS, Item: item(attributes) }));
const transact = (steps: Steps, token?: string) =>
  client.send(
    new TransactWriteItemsCommand({
      TransactItems: steps,
      ReturnConsumedCapacity: 'INDEXES',
      ...(token && { ClientRequestToken: token }),
    }),
  );
const reads = () => meter.take().read_units;
const writes = () => meter.take().write_units;

/**
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html, and for the
 * indexes https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations
 */
describe("by AWS's documentation, of writes", () => {
  test('a write takes a unit for each begun kilobyte', async () => {
    await putImage('w', 500);
    expect(writes()).toBe(1); // "one write per second, for an item up to 1 KB"
    await putImage('w1024', 1024);
    expect(writes()).toBe(1);
    await putImage('w1025', 1025);
    expect(writes()).toBe(2);
    await putImage('w3500', 3500);
    expect(writes()).toBe(4); // 3.5 KB are rounded up to 4
  });

  test('an update takes as much as the larger of the item before and after', async () => {
    const resize = (bytes: number) =>
      client.send(
        new UpdateItemCommand({
          TableName: IMAGES,
          Key: item({ id: 'resized' }),
          UpdateExpression: 'SET b = :b',
          ExpressionAttributeValues: item({ ':b': image('resized', bytes).b }),
        }),
      );
    await resize(600); // the item did not exist
    expect(writes()).toBe(1);
    await resize(2100); // "uses the larger": 2.1 KB
    expect(writes()).toBe(3);
    await resize(600); // 2.1 KB before
    expect(writes()).toBe(3);
  });

  test('a delete takes as much as the item that it deletes, and one where there is none', async () => {
    await putImage('deleted', 1500);
    writes();
    const remove = () =>
      client.send(new DeleteItemCommand({ TableName: IMAGES, Key: item({ id: 'deleted' }) }));
    await remove();
    expect(writes()).toBe(2);
    await remove();
    expect(writes()).toBe(1);
  });

  test('a write whose condition fails takes as much as the item that is there', async () => {
    const refused = (id: string) =>
      expect(
        client.send(
          new PutItemCommand({
            TableName: IMAGES,
            Item: item(image(id, 5000)),
            ConditionExpression: 'attribute_exists(never)',
          }),
        ),
      ).rejects.toThrow();
    await refused('refused'); // "1 if the condition fails" and there is no item
    expect(writes()).toBe(1);
    await putImage('refused', 3000);
    writes();
    await refused('refused'); // the item of 3,000 bytes, not the 5,000 that were offered
    expect(writes()).toBe(3);
  });
});

describe("by AWS's documentation, of reads", () => {
  test('a read takes a unit for each begun four kilobytes, or half of that, or twice', async () => {
    await putImage('r', 8193); // 8 KB and a byte: three times 4 KB
    const get = (more: object) =>
      client.send(new GetItemCommand({ TableName: IMAGES, Key: item({ id: 'r' }), ...more }));
    await get({ ConsistentRead: true });
    expect(reads()).toBe(3);
    await get({});
    expect(reads()).toBe(1.5);
    await get({ ProjectionExpression: 'id' }); // what is left out is read all the same
    expect(reads()).toBe(1.5);
    await client.send(
      new TransactGetItemsCommand({
        TransactItems: [{ Get: { TableName: IMAGES, Key: item({ id: 'r' }) } }],
      }),
    );
    expect(reads()).toBe(6);
  });

  test('a batch of reads rounds each item up by itself', async () => {
    await putImage('b1', 1536);
    await putImage('b2', 6656);
    await client.send(
      new BatchGetItemCommand({
        RequestItems: {
          [IMAGES]: { Keys: [item({ id: 'b1' }), item({ id: 'b2' })], ConsistentRead: true },
        },
      }),
    );
    // The documentation's own example: 1.5 KB and 6.5 KB are 4 KB and 8 KB, not 8 KB together.
    expect(reads()).toBe(1 + 2);
  });

  test('a query rounds up the sum of what it reads, once', async () => {
    for (let n = 0; n < 8; n++) await putRow({ ...row('query', 1500, { g: 'g' }), sk: `${n}` });
    reads();
    const query = (more: object) =>
      client.send(
        new QueryCommand({
          TableName: ROWS,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: item({ ':pk': 'query' }),
          ...more,
        }),
      );
    await query({ ConsistentRead: true }); // 12,000 bytes are rounded up to 12 KB
    expect(reads()).toBe(3);
    await query({});
    expect(reads()).toBe(1.5);
    await query({ Limit: 2 }); // 3,000 bytes
    expect(reads()).toBe(0.5);
    await query({ Select: 'COUNT', ConsistentRead: true });
    expect(reads()).toBe(3);
    const g = { ':pk': 'g' };
    await query({
      IndexName: 'all',
      KeyConditionExpression: 'g = :pk',
      ExpressionAttributeValues: item(g),
    });
    expect(reads()).toBe(1.5);
  });

  test('a scan rounds up the sum of what it reads, once, and is halved only where it may be late', async () => {
    const pages = { TableName: 'scanned', Limit: 3 };
    await createScanned(pages.TableName);
    reads();
    const scan = async (more: object) => {
      const { ConsumedCapacity } = await client.send(
        new ScanCommand({ ...pages, ReturnConsumedCapacity: 'TOTAL', ...more }),
      );
      expect(ConsumedCapacity?.CapacityUnits).toBe(meter.take().read_units);
      return ConsumedCapacity?.CapacityUnits;
    };
    expect(await scan({ ConsistentRead: true })).toBe(3); // 9,000 bytes are rounded up to 12 KB
    expect(await scan({ ConsistentRead: false })).toBe(1.5);
    expect(await scan({})).toBe(1.5);
    expect(await scan({ ConsistentRead: true, Select: 'COUNT' })).toBe(3);
    expect(await scan({ ConsistentRead: true, Limit: 1 })).toBe(1);
  });
});

describe("by AWS's documentation, of indexes", () => {
  test('an index takes a unit for each entry put or changed or deleted, and two for one that moves', async () => {
    const update = (expression: string, values: Attributes = {}) =>
      client.send(
        new UpdateItemCommand({
          TableName: ROWS,
          Key: item({ pk: 'indexed', sk: '1' }),
          UpdateExpression: expression,
          ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: item(values) }),
        }),
      );
    const table = 1;
    await putRow({ pk: 'indexed', sk: '1' }); // in neither index
    expect(writes()).toBe(table);
    await update('SET h = :h', { ':h': 'one' }); // put into the one
    expect(writes()).toBe(table + 1);
    await update('SET extra = :x', { ':x': '1' }); // which does not hold this
    expect(writes()).toBe(table);
    await update('SET kept = :x', { ':x': '1' }); // but this
    expect(writes()).toBe(table + 1);
    await update('SET h = :h', { ':h': 'two' }); // its key: deleted here, put there
    expect(writes()).toBe(table + 2);
    await update('SET h = :h', { ':h': 'two' }); // nothing changes
    expect(writes()).toBe(table);
    await update('REMOVE h'); // deleted
    expect(writes()).toBe(table + 1);
  });

  test('an index is charged for the size of its own entries', async () => {
    // 3,000 bytes in the table and in `all`; in `some`, which holds the keys alone, 21.
    await putRow(row('sizes', 3000, { g: 'g', h: 'h' }));
    expect(writes()).toBe(3 + 3 + 1);
  });
});

/**
 * Figures that others have measured on DynamoDB itself (eu-west-2, August 2026), which the documentation leaves
 * open: https://github.com/nubo-db/dynoxide/pull/188 (A to S) and
 * https://github.com/paritysuite/dynamodb-conformance/pull/74.
 */
describe('by measurements of DynamoDB', () => {
  test.each<[string, Attributes | undefined, Steps[number], { table: number; index?: number }]>([
    // A1: twice at the table, once at the index.
    ['a put into an index', undefined, putStep({ pk: 'A1', sk: '1', g: 'g' }), { table: 2, index: 1 }],
    ['a put into none', undefined, putStep({ pk: 'A2', sk: '1' }), { table: 2 }],
    ['a check', { pk: 'A12', sk: '1', g: 'g' }, checkStep('A12'), { table: 2 }],
    ['a check of 3 KB', row('F1', 2600, { g: 'g' }), checkStep('F1'), { table: 6 }],
    ['a put over 3 KB', row('B3', 2600), putStep({ pk: 'B3', sk: '1' }), { table: 6 }],
    ['a delete of 3 KB', row('B5', 2600, { g: 'g' }), deleteStep('B5'), { table: 6, index: 3 }],
    ['a move of 1,517 bytes', row('B7', 1517, { g: 'a' }), moveStep('B7'), { table: 4, index: 4 }],
    ['a delete of nothing', undefined, deleteStep('K1'), { table: 2 }],
  ])('in a transaction, %s is charged so', async (_name, before, step, { table, index }) => {
    if (before) await putRow(before);
    meter.take();
    const { ConsumedCapacity: [capacity] = [] } = await transact([step]);
    expect(capacity?.Table?.CapacityUnits).toBe(table);
    expect(capacity?.GlobalSecondaryIndexes?.['all']?.CapacityUnits).toBe(index);
    expect(meter.take()).toEqual({
      read_units: 0,
      write_units: table + (index ?? 0),
      requests: { TransactWriteItems: 1 },
    });
  });

  test('a transaction that is sent again is charged as a read of what it was charged for', async () => {
    const again = [putStep(row('again', 1500))];
    await transact(again, 'again');
    expect(meter.take()).toMatchObject({ read_units: 0, write_units: 4 });
    await transact(again, 'again');
    expect(meter.take()).toMatchObject({ read_units: 2, write_units: 0 });
    await putRow(row('S1', 9000));
    meter.take();
    await transact([putStep({ pk: 'S1', sk: '1' })], 'S1');
    expect(meter.take()).toMatchObject({ write_units: 18 });
    const { ConsumedCapacity } = await transact([putStep({ pk: 'S1', sk: '1' })], 'S1');
    expect(meter.take()).toMatchObject({ read_units: 6, write_units: 0 });
    expect(ConsumedCapacity?.[0]).toMatchObject({ CapacityUnits: 6, ReadCapacityUnits: 6 });
  });
});

describe('the meter', () => {
  test('starts again at nothing when it is read', async () => {
    await putImage('metered', 100);
    await client.send(new GetItemCommand({ TableName: IMAGES, Key: item({ id: 'metered' }) }));
    await putImage('metered', 100);
    expect(meter.take()).toEqual({
      read_units: 0.5,
      write_units: 2,
      requests: { PutItem: 2, GetItem: 1 },
    });
    expect(meter.take()).toEqual({ read_units: 0, write_units: 0, requests: {} });
  });

  test('counts refused requests, and charges for nothing that was wrong in form', async () => {
    const wrong = new PutItemCommand({ TableName: IMAGES, Item: item({ wrong: 'key' }) });
    await expect(client.send(wrong)).rejects.toThrow();
    expect(meter.take()).toEqual({ read_units: 0, write_units: 0, requests: { PutItem: 1 } });
  });

  test('charges for a cancelled transaction as if it had found and left the same', async () => {
    await putRow(row('cancelled', 1500, { g: 'g' }));
    meter.take();
    const steps = [putStep({ pk: 'fresh', sk: '1', g: 'g' }), { Put: { ...deniedPut('cancelled') } }];
    await expect(transact(steps)).rejects.toThrow();
    expect(meter.take()).toMatchObject({ write_units: 2 * 1 + 2 * 2 });
  });
});

describe('the capacity in an answer', () => {
  const report = (asked: 'TOTAL' | 'INDEXES' | 'NONE') =>
    client.send(
      new PutItemCommand({
        TableName: ROWS,
        Item: item({ pk: `report-${asked}`, sk: '1', g: 'g' }),
        ReturnConsumedCapacity: asked,
      }),
    );

  test('is there where it is asked for, as detailed as it is asked for', async () => {
    const total: ConsumedCapacity = { TableName: ROWS, CapacityUnits: 2 };
    expect((await report('NONE')).ConsumedCapacity).toBeUndefined();
    expect((await report('TOTAL')).ConsumedCapacity).toEqual(total);
    expect((await report('INDEXES')).ConsumedCapacity).toEqual({
      ...total,
      Table: { CapacityUnits: 1 },
      GlobalSecondaryIndexes: { all: { CapacityUnits: 1 } },
    });
  });

  test('of a transaction is added up by table, and named as read or written', async () => {
    const { ConsumedCapacity } = await transact([
      putStep({ pk: 'sum', sk: '1', g: 'g' }),
      { Put: { TableName: IMAGES, Item: item({ id: 'sum' }) } },
      putStep({ pk: 'sum', sk: '2', g: 'g' }),
    ]);
    const both = (units: number) => ({ CapacityUnits: units, WriteCapacityUnits: units });
    expect(ConsumedCapacity).toEqual([
      {
        TableName: ROWS,
        ...both(6),
        Table: both(4),
        GlobalSecondaryIndexes: { all: both(2) },
      },
      { TableName: IMAGES, ...both(2), Table: both(2) },
    ]);
  });
});

/** A table keyed by `id`, with three items of 3,000 bytes and nothing else. */
async function createScanned(TableName: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  );
  for (const id of ['1', '2', '3']) {
    await client.send(new PutItemCommand({ TableName, Item: item(image(id, 3000)) }));
  }
}

function putStep(attributes: Attributes): Steps[number] {
  return { Put: { TableName: ROWS, Item: item(attributes) } };
}

function deniedPut(pk: string) {
  return {
    TableName: ROWS,
    Item: item({ pk, sk: '1' }),
    ConditionExpression: 'attribute_not_exists(pk)',
  };
}

function checkStep(pk: string): Steps[number] {
  const Key = item({ pk, sk: '1' });
  return { ConditionCheck: { TableName: ROWS, Key, ConditionExpression: 'attribute_exists(pk)' } };
}

function deleteStep(pk: string): Steps[number] {
  return { Delete: { TableName: ROWS, Key: item({ pk, sk: '1' }) } };
}

function moveStep(pk: string): Steps[number] {
  return {
    Update: {
      TableName: ROWS,
      Key: item({ pk, sk: '1' }),
      UpdateExpression: 'SET g = :g',
      ExpressionAttributeValues: item({ ':g': 'b' }),
    },
  };
}
