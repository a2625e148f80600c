import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { startDynamoDb } from './dynamodb.ts';
import { clientAt, createSampleTables, IMAGES, item, ROWS } from './sample-tables.ts';

const dynamodb = await startDynamoDb();
const client = clientAt(dynamodb.endpoint);
await createSampleTables(client);
afterAll(() => dynamodb.stop());

const putRow = (attributes: Parameters<typeof item>[0]) =>
  client.send(new PutItemCommand({ TableName: ROWS, Item: item(attributes) }));

describe('the emulator of DynamoDB', () => {
  test('listens on the loopback interface only, and not after it has stopped', async () => {
    const another = await startDynamoDb();
    expect(new URL(another.endpoint).hostname).toBe('127.0.0.1');
    expect(another.endpoint).not.toBe(dynamodb.endpoint);
    await another.stop();
    await expect(fetch(another.endpoint)).rejects.toThrow();
  });

  test('has a table ready when it has answered, and has forgotten it when it is deleted', async () => {
    const define = () =>
      client.send(
        new CreateTableCommand({
          TableName: 'short-lived',
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        }),
      );
    await define();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'short-lived' }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    });
    await expect(define()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    await client.send(new PutItemCommand({ TableName: 'short-lived', Item: item({ id: 'a' }) }));
    await enableExpiry('short-lived');
    await client.send(new DeleteTableCommand({ TableName: 'short-lived' }));
    await define();
    const { Item } = await client.send(
      new GetItemCommand({ TableName: 'short-lived', Key: item({ id: 'a' }) }),
    );
    expect(Item).toBeUndefined();
    expect(await expiryOf('short-lived')).toEqual({ TimeToLiveStatus: 'DISABLED' });
  });
});

describe('the emulator of DynamoDB, asked for what it has not,', () => {
  test('refuses what it would do wrong', async () => {
    await expect(
      client.send(new ExecuteStatementCommand({ Statement: `SELECT * FROM "${IMAGES}"` })),
    ).rejects.toMatchObject({ name: 'UnknownOperationException' });
    await expect(
      client.send(
        new CreateTableCommand({
          TableName: 'with-local-index',
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          AttributeDefinitions: ['pk', 'sk', 'l'].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S',
          })),
          LocalSecondaryIndexes: [
            {
              IndexName: 'local',
              KeySchema: [
                { AttributeName: 'pk', KeyType: 'HASH' },
                { AttributeName: 'l', KeyType: 'RANGE' },
              ],
              Projection: { ProjectionType: 'ALL' },
            },
          ],
        }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('asks for a signature, and for JSON', async () => {
    const ask = async (body: string, headers: Record<string, string>) => {
      const answer = await fetch(dynamodb.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables', ...headers },
        body,
      });
      return [answer.status, await answer.json()];
    };
    const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=a' };
    const refusal = (code: string) => [
      400,
      { __type: expect.stringMatching(`#${code}$`), message: expect.anything() },
    ];
    expect(await ask('{}', {})).toEqual(refusal('MissingAuthenticationTokenException'));
    expect(await ask('[', signed)).toEqual(refusal('SerializationException'));
    expect(await ask('null', signed)).toEqual(refusal('SerializationException'));
    expect(await ask('{}', signed)).toEqual([200, { TableNames: expect.arrayContaining([IMAGES, ROWS]) }]);
    expect(await ask('{}', { ...signed, 'x-amz-target': 'Another.ListTables' })).toEqual(
      refusal('UnknownOperationException'),
    );
  });
});

describe('a single write whose condition fails', () => {
  const held = item({ id: 'held', n: 1 });
  const ifAbsent = { ConditionExpression: 'attribute_not_exists(id)' };
  const withItem = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  const failed = 'ConditionalCheckFailedException';
  const writes = (more: object) => [
    new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'held' }), ...ifAbsent, ...more }),
    new DeleteItemCommand({ TableName: IMAGES, Key: item({ id: 'held' }), ...ifAbsent, ...more }),
    new UpdateItemCommand({
      TableName: IMAGES,
      Key: item({ id: 'held' }),
      UpdateExpression: 'REMOVE n',
      ...ifAbsent,
      ...more,
    }),
  ];
  const send = (command: ReturnType<typeof writes>[number]) => client.send(command as PutItemCommand);

  test('answers with the item that refused it where that is asked for', async () => {
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: held }));
    for (const command of writes(withItem)) {
      await expect(send(command)).rejects.toMatchObject({ name: failed, Item: held });
    }
    for (const command of writes({})) {
      const error = await send(command).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: failed });
      expect(error).toMatchObject({ Item: undefined });
    }
  });

  test('has no item to answer with where there is none', async () => {
    const command = new DeleteItemCommand({
      TableName: IMAGES,
      Key: item({ id: 'absent' }),
      ConditionExpression: 'attribute_exists(id)',
      ...withItem,
    });
    await expect(client.send(command)).rejects.toMatchObject({ name: failed, Item: undefined });
  });

  test('must ask for it in words that exist', async () => {
    const [command] = writes({ ReturnValuesOnConditionCheckFailure: 'ALL_NEW' });
    await expect(client.send(command as PutItemCommand)).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe('the settings for expiry', () => {
  test('can be switched on and off, and read', async () => {
    expect(await expiryOf(IMAGES)).toEqual({ TimeToLiveStatus: 'DISABLED' });
    await enableExpiry(IMAGES);
    expect(await expiryOf(IMAGES)).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
    await expect(enableExpiry(IMAGES)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'TimeToLive is already enabled',
    });
    await expect(setExpiry(IMAGES, 'another', false)).rejects.toMatchObject({ name: 'ValidationException' });
    await setExpiry(IMAGES, 'expires', false);
    expect(await expiryOf(IMAGES)).toEqual({ TimeToLiveStatus: 'DISABLED' });
    await expect(enableExpiry('absent')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('what comes from dynalite and is relied upon', () => {
  test('an update sets, adds, removes and appends', async () => {
    const key = item({ pk: 'update', sk: '1' });
    await putRow({ pk: 'update', sk: '1', size: 5, gone: 'soon' });
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: ROWS,
        Key: key,
        UpdateExpression:
          'SET v = if_not_exists(v, :zero) + :one, tags = list_append(if_not_exists(tags, :none), :tag) REMOVE gone ADD n :one',
        ConditionExpression: '#size < :limit',
        ExpressionAttributeNames: { '#size': 'size' },
        ExpressionAttributeValues: {
          ...item({ ':zero': 0, ':one': 1, ':limit': 10 }),
          ':none': { L: [] },
          ':tag': { L: [{ S: 'a' }] },
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    expect(Attributes).toEqual({ ...key, ...item({ size: 5, v: 1, n: 1 }), tags: { L: [{ S: 'a' }] } });
  });

  test('an index is read in order, backwards and by pages, to the end', async () => {
    for (let n = 0; n < 5; n++) await putRow({ pk: `page-${n}`, sk: `2026-0${n}`, g: 'pages' });
    const seen: unknown[] = [];
    let start: Record<string, never> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: ROWS,
          IndexName: 'all',
          KeyConditionExpression: 'g = :g',
          ExpressionAttributeValues: item({ ':g': 'pages' }),
          ScanIndexForward: false,
          Limit: 2,
          ExclusiveStartKey: start,
        }),
      );
      seen.push(...(page.Items ?? []).map(({ sk }) => sk?.S));
      start = page.LastEvaluatedKey as typeof start;
    } while (start);
    expect(seen).toEqual(['2026-04', '2026-03', '2026-02', '2026-01', '2026-00']);
  });

  test('an index holds what it projects and no more, and is never strongly consistent', async () => {
    await putRow({ pk: 'projected', sk: '1', h: 'little', kept: 'k', left: 'l' });
    const query = {
      TableName: ROWS,
      IndexName: 'some',
      KeyConditionExpression: 'h = :h',
      ExpressionAttributeValues: item({ ':h': 'little' }),
    };
    const { Items } = await client.send(new QueryCommand(query));
    expect(Items).toEqual([item({ pk: 'projected', sk: '1', h: 'little', kept: 'k' })]);
    await expect(client.send(new QueryCommand({ ...query, ConsistentRead: true }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe('the limits that come from dynalite and are relied upon', () => {
  test('a page ends at a megabyte, and an item at 400 KB', async () => {
    for (let n = 0; n < 5; n++) await putRow({ pk: 'big', sk: `${n}`, b: 'x'.repeat(300_000) });
    const page = await client.send(
      new QueryCommand({
        TableName: ROWS,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: item({ ':pk': 'big' }),
      }),
    );
    expect(page.Count).toBe(4);
    expect(page.LastEvaluatedKey).toEqual(item({ pk: 'big', sk: '3' }));
    await expect(putRow({ pk: 'huge', sk: '0', b: 'x'.repeat(410_000) })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('reserved words must be written as #names', async () => {
    await expect(
      client.send(
        new QueryCommand({
          TableName: ROWS,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'size = :pk',
          ExpressionAttributeValues: item({ ':pk': 'a' }),
        }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a batch writes 25 items', async () => {
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [ROWS]: Array.from({ length: 25 }, (_, n) => ({
            PutRequest: { Item: item({ pk: 'batch', sk: `${n}` }) },
          })),
        },
      }),
    );
    expect(UnprocessedItems).toEqual({});
  });
});

function setExpiry(table: string, attribute: string, enabled: boolean) {
  return client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled },
    }),
  );
}

function enableExpiry(table: string) {
  return setExpiry(table, 'expires', true);
}

async function expiryOf(table: string) {
  return (await client.send(new DescribeTimeToLiveCommand({ TableName: table }))).TimeToLiveDescription;
}
