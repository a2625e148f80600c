import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, test } from 'vitest';
import { startDynamoDb } from './dynamodb.ts';
import { clientAt, createSampleTables, IMAGES, item, ROWS } from './sample-tables.ts';

type Steps = NonNullable<TransactWriteItemsCommand['input']['TransactItems']>;

let clock = Date.parse('2026-11-21T12:00:00Z');
const dynamodb = await startDynamoDb({ now: () => clock });
const client = clientAt(dynamodb.endpoint);
await createSampleTables(client);
afterAll(() => dynamodb.stop());

const transact = (steps: Steps, token?: string) =>
  client.send(
    new TransactWriteItemsCommand({ TransactItems: steps, ...(token && { ClientRequestToken: token }) }),
  );
const put = (attributes: Parameters<typeof item>[0], more: object = {}) => ({
  Put: { TableName: IMAGES, Item: item(attributes), ...more },
});
const stored = async (id: string) => {
  const key = item({ id });
  return (await client.send(new GetItemCommand({ TableName: IMAGES, Key: key, ConsistentRead: true }))).Item;
};
const ifAbsent = { ConditionExpression: 'attribute_not_exists(id)' };
const ifPresent = { ConditionExpression: 'attribute_exists(id)' };

/** What a transaction was cancelled for. */
async function reasonsOf(steps: Steps) {
  const error = await transact(steps).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransactionCanceledException);
  return (error as TransactionCanceledException).CancellationReasons;
}

describe('a transaction', () => {
  test('puts, updates, deletes and checks, all at once', async () => {
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'to-delete' }) }));
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'to-update', n: 1 }) }));
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'to-check' }) }));
    await transact([
      put({ id: 'to-put' }, ifAbsent),
      {
        Update: {
          TableName: IMAGES,
          Key: item({ id: 'to-update' }),
          UpdateExpression: 'ADD n :one',
          ConditionExpression: 'n < :limit',
          ExpressionAttributeValues: item({ ':one': 1, ':limit': 5 }),
        },
      },
      { Delete: { TableName: IMAGES, Key: item({ id: 'to-delete' }), ...ifPresent } },
      { ConditionCheck: { TableName: IMAGES, Key: item({ id: 'to-check' }), ...ifPresent } },
      { Put: { TableName: ROWS, Item: item({ pk: 'p', sk: 's', g: 'in the index' }) } },
    ]);
    expect(await stored('to-put')).toEqual(item({ id: 'to-put' }));
    expect(await stored('to-update')).toEqual(item({ id: 'to-update', n: 2 }));
    expect(await stored('to-delete')).toBeUndefined();
    expect(await stored('to-check')).toEqual(item({ id: 'to-check' }));
    expect(await indexed('in the index')).toEqual([item({ pk: 'p', sk: 's', g: 'in the index' })]);
  });

  test('of which one condition fails changes nothing, and says in order what became of each', async () => {
    const before = item({ id: 'refuses', n: 7 });
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: before }));
    await client.send(new PutItemCommand({ TableName: ROWS, Item: item({ pk: 'r', sk: '1', g: 'old' }) }));
    const reasons = await reasonsOf([
      put({ id: 'never-put' }),
      put({ id: 'refuses', n: 8 }, { ...ifAbsent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
      { Delete: { TableName: ROWS, Key: item({ pk: 'r', sk: '1' }) } },
      { Put: { TableName: ROWS, Item: item({ pk: 'r', sk: '2', g: 'new' }) } },
      put({ id: 'also-absent' }, { ...ifPresent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
      put({ id: 'refuses-too' }, ifPresent),
    ]);
    const failed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
    const none = { Code: 'None' };
    expect(reasons).toEqual([none, { ...failed, Item: before }, none, none, failed, failed]);
    expect(await stored('never-put')).toBeUndefined();
    expect(await stored('refuses')).toEqual(before);
    expect(await indexed('old')).toEqual([item({ pk: 'r', sk: '1', g: 'old' })]);
    expect(await indexed('new')).toEqual([]);
  });

  test('without ALL_OLD does not answer with the item that refused', async () => {
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'silent' }) }));
    const [reason] = (await reasonsOf([put({ id: 'silent' }, ifAbsent)])) ?? [];
    expect(reason?.Item).toBeUndefined();
  });
});

describe('a transaction that is wrong', () => {
  test('of which one step does not fit the data is cancelled with a validation error, and changes nothing', async () => {
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'text', n: 'text' }) }));
    const add = {
      Update: {
        TableName: IMAGES,
        Key: item({ id: 'text' }),
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: item({ ':one': 1 }),
      },
    };
    const reasons = await reasonsOf([
      put({ id: 'beside-text' }),
      add,
      put({ wrong: 'no key' }),
      { Delete: { TableName: IMAGES, Key: item({ id: 'a', more: 'b' }) } },
      { Put: { TableName: ROWS, Item: item({ pk: 'p', sk: 'wrong index key', g: 1 }) } },
    ]);
    expect(reasons?.map(({ Code }) => Code)).toEqual([
      'None',
      'ValidationError',
      'ValidationError',
      'ValidationError',
      'ValidationError',
    ]);
    expect(reasons?.[1]?.Message).toBe('An operand in the update expression has an incorrect data type');
    expect(await stored('beside-text')).toBeUndefined();
  });

  test('is refused whole where its form is wrong', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => put({ id: `many-${n}` }));
    const refused = { name: 'ValidationException' };
    await expect(transact([])).rejects.toMatchObject(refused);
    await expect(transact(many(101))).rejects.toMatchObject(refused);
    await expect(transact([{}])).rejects.toMatchObject(refused);
    await expect(transact([{ ...put({ id: 'a' }), ...del('b') }])).rejects.toMatchObject(refused);
    await expect(transact([put({ id: 'a' }, { ConditionExpression: 'attribute_(' })])).rejects.toMatchObject(
      refused,
    );
    await expect(transact([put({ id: '' })])).rejects.toMatchObject(refused);
    await expect(transact([put({ id: 'a' })], 'x'.repeat(37))).rejects.toMatchObject(refused);
    const unconditional = { ConditionCheck: { TableName: IMAGES, Key: item({ id: 'a' }) } };
    await expect(transact([unconditional as Steps[number]])).rejects.toMatchObject(refused);
    await expect(
      transact(Array.from({ length: 11 }, (_, n) => put({ id: `big-${n}`, b: 'x'.repeat(390_000) }))),
    ).rejects.toMatchObject({ ...refused, message: expect.stringContaining('4MB') });
    await expect(transact([{ Put: { TableName: 'absent', Item: item({ id: 'a' }) } }])).rejects.toMatchObject(
      {
        name: 'ResourceNotFoundException',
      },
    );
    expect(await stored('a')).toBeUndefined();
    await transact(many(100));
    expect(await stored('many-99')).toBeDefined();
  });

  test('must not name one item twice', async () => {
    await expect(transact([put({ id: 'twice' }), del('twice')])).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Transaction request cannot include multiple operations on one item',
    });
    expect(await stored('twice')).toBeUndefined();
  });
});

describe('a transaction with a token, or beside others,', () => {
  test('that is sent again under its token is not done again', async () => {
    await transact([increment('counted')], 'token-1');
    await transact([increment('counted')], 'token-1');
    expect(await stored('counted')).toEqual(item({ id: 'counted', n: 1 }));
    await expect(transact([increment('another')], 'token-1')).rejects.toMatchObject({
      name: 'IdempotentParameterMismatchException',
    });
  });

  test('is done again when its token is ten minutes old', async () => {
    await transact([increment('aging')], 'token-2');
    clock += 599_999;
    await transact([increment('aging')], 'token-2');
    expect(await stored('aging')).toEqual(item({ id: 'aging', n: 1 }));
    clock += 1;
    await transact([increment('aging')], 'token-2');
    expect(await stored('aging')).toEqual(item({ id: 'aging', n: 2 }));
  });

  test('that was cancelled leaves its token free', async () => {
    await expect(transact([put({ id: 'late' }, ifPresent)], 'token-3')).rejects.toThrow();
    await client.send(new PutItemCommand({ TableName: IMAGES, Item: item({ id: 'late' }) }));
    await transact([put({ id: 'late', n: 1 }, ifPresent)], 'token-3');
    expect(await stored('late')).toEqual(item({ id: 'late', n: 1 }));
  });

  test('is seen whole or not at all, and loses no write beside it', async () => {
    const both = ['left', 'right'];
    await transact(both.map((id) => put({ id, n: 0 })));
    const writes = Array.from({ length: 30 }, (_, n) =>
      n % 3 === 0
        ? reasonsOf([...both.map(increment), put({ id: 'left-over' }, ifPresent)])
        : transact(both.map(increment)),
    );
    const singles = Array.from({ length: 10 }, () =>
      client.send(new UpdateItemCommand({ ...increment('alone').Update })),
    );
    const reads = Array.from({ length: 30 }, () => readTogether(both));
    for (const [left, right] of await Promise.all(reads)) expect(left).toBe(right);
    await Promise.all([...writes, ...singles]);
    expect(await readTogether([...both, 'alone'])).toEqual(['20', '20', '10']);
  });
});

describe('a read of several items', () => {
  test('answers in order, with nothing where there is nothing, and with what is asked for of each', async () => {
    await transact([put({ id: 'read-1', n: 1, m: 1 }), put({ id: 'read-2' })]);
    const { Responses } = await client.send(
      new TransactGetItemsCommand({
        TransactItems: [
          { Get: { TableName: IMAGES, Key: item({ id: 'read-2' }) } },
          { Get: { TableName: IMAGES, Key: item({ id: 'read-absent' }) } },
          { Get: { TableName: IMAGES, Key: item({ id: 'read-1' }), ProjectionExpression: 'n' } },
        ],
      }),
    );
    expect(Responses).toEqual([{ Item: item({ id: 'read-2' }) }, {}, { Item: item({ n: 1 }) }]);
  });

  test('must not name one item twice, nor more than a hundred', async () => {
    const gets = (ids: readonly string[]) =>
      client.send(
        new TransactGetItemsCommand({
          TransactItems: ids.map((id) => ({ Get: { TableName: IMAGES, Key: item({ id }) } })),
        }),
      );
    await expect(gets(['a', 'a'])).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(gets(Array.from({ length: 101 }, (_, n) => `${n}`))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(gets([])).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

function del(id: string) {
  return { Delete: { TableName: IMAGES, Key: item({ id }) } };
}

function increment(id: string) {
  return {
    Update: {
      TableName: IMAGES,
      Key: item({ id }),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: item({ ':one': 1 }),
    },
  };
}

async function readTogether(ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  const { Responses = [] } = await client.send(
    new TransactGetItemsCommand({
      TransactItems: ids.map((id) => ({ Get: { TableName: IMAGES, Key: item({ id }) } })),
    }),
  );
  return Responses.map(({ Item }) => Item?.['n']?.N);
}

async function indexed(g: string) {
  const { Items } = await client.send(
    new QueryCommand({
      TableName: ROWS,
      IndexName: 'all',
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: item({ ':g': g }),
    }),
  );
  return Items;
}
