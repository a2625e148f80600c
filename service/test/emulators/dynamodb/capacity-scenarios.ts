import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type ConsumedCapacity,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IMAGES, item, ROWS } from './sample-tables.ts';

/** The figures of one request, as numbers by name: `rows`, and `rows.all` for its index `all`. */
export type Figures = Readonly<Record<string, number>>;

interface Answer {
  readonly ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] | undefined;
}

interface Scenario {
  readonly name: string;
  /** Done before, and not looked at. */
  readonly before?: (client: DynamoDBClient) => Promise<unknown>;
  readonly request: (client: DynamoDBClient) => Promise<Answer>;
}

const report = { ReturnConsumedCapacity: 'INDEXES' } as const;
const text = (length: number) => 'x'.repeat(length);

const put = (table: string, attributes: Parameters<typeof item>[0]) => (client: DynamoDBClient) =>
  client.send(new PutItemCommand({ TableName: table, Item: item(attributes), ...report }));

const update =
  (key: Parameters<typeof item>[0], expression: string, values?: Parameters<typeof item>[0]) =>
  (client: DynamoDBClient) =>
    client.send(
      new UpdateItemCommand({
        TableName: ROWS,
        Key: item(key),
        UpdateExpression: expression,
        ...(values && { ExpressionAttributeValues: item(values) }),
        ...report,
      }),
    );

const tenRows = async (client: DynamoDBClient, pk: string) => {
  for (let row = 0; row < 10; row++) {
    // Some 1,000 bytes each, and some 30 in the index `some`.
    const attributes = { pk, sk: String(row), g: pk, h: pk, b: text(953) };
    await put(ROWS, attributes)(client);
  }
};

const query = (input: Partial<QueryCommand['input']>) => (client: DynamoDBClient) =>
  client.send(new QueryCommand({ TableName: ROWS, ...input, ...report }));

const ofPartition = (pk: string) => ({
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: item({ ':pk': pk }),
});

const transaction =
  (...steps: NonNullable<TransactWriteItemsCommand['input']['TransactItems']>) =>
  (client: DynamoDBClient) =>
    client.send(new TransactWriteItemsCommand({ TransactItems: steps, ...report }));

/** Requests whose figures are compared between engines. Each works on items of its own. */
export const CAPACITY_SCENARIOS: readonly Scenario[] = [
  { name: 'a put of a small item', request: put(IMAGES, { id: 'small' }) },
  // The names take 2 + 1 bytes, the key 5, the text the rest.
  { name: 'a put of exactly 1,024 bytes', request: put(IMAGES, { id: 'exact', b: text(1024 - 8) }) },
  { name: 'a put of one byte more', request: put(IMAGES, { id: 'exact', b: text(1024 - 7) }) },
  {
    name: 'a put of every type, of exactly 1,024 bytes',
    request: (client) => client.send(putOfEveryType(1024)),
  },
  {
    name: 'a put of every type, of one byte more',
    request: (client) => client.send(putOfEveryType(1025)),
  },
  {
    name: 'a small put over an item of 2,500 bytes',
    before: put(IMAGES, { id: 'shrinks', b: text(2500) }),
    request: put(IMAGES, { id: 'shrinks' }),
  },
  { name: 'a put into both indexes', request: put(ROWS, { pk: 'both', sk: '1', g: 'g', h: 'h' }) },
  {
    name: 'the same put again',
    before: put(ROWS, { pk: 'again', sk: '1', g: 'g', h: 'h' }),
    request: put(ROWS, { pk: 'again', sk: '1', g: 'g', h: 'h' }),
  },
  {
    name: 'an update of an attribute that one index holds and the other does not',
    before: put(ROWS, { pk: 'unheld', sk: '1', g: 'g', h: 'h' }),
    request: update({ pk: 'unheld', sk: '1' }, 'SET extra = :v', { ':v': '1' }),
  },
  {
    name: 'an update of an index key, of an entry of 1,500 bytes',
    before: put(ROWS, { pk: 'moves', sk: '1', g: 'a', b: text(1490) }),
    request: update({ pk: 'moves', sk: '1' }, 'SET g = :g', { ':g': 'b' }),
  },
  {
    name: 'an update that takes an item out of an index',
    before: put(ROWS, { pk: 'leaves', sk: '1', g: 'a' }),
    request: update({ pk: 'leaves', sk: '1' }, 'REMOVE g'),
  },
  {
    name: 'a delete of an item of 2,500 bytes in both indexes',
    before: put(ROWS, { pk: 'deleted', sk: '1', g: 'g', h: 'h', b: text(2490) }),
    request: (client) =>
      client.send(
        new DeleteItemCommand({ TableName: ROWS, Key: item({ pk: 'deleted', sk: '1' }), ...report }),
      ),
  },
  {
    name: 'a delete of nothing',
    request: (client) =>
      client.send(
        new DeleteItemCommand({ TableName: ROWS, Key: item({ pk: 'nothing', sk: '1' }), ...report }),
      ),
  },
  {
    name: 'a batch of two puts and a delete',
    before: put(ROWS, { pk: 'batch', sk: '3', g: 'g' }),
    request: (client) =>
      client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [ROWS]: [
              { PutRequest: { Item: item({ pk: 'batch', sk: '1', b: text(2000) }) } },
              { PutRequest: { Item: item({ pk: 'batch', sk: '2', g: 'g' }) } },
              { DeleteRequest: { Key: item({ pk: 'batch', sk: '3' }) } },
            ],
          },
          ...report,
        }),
      ),
  },
  ...[false, true].flatMap((consistent): Scenario[] => {
    const way = consistent ? 'strongly' : 'eventually';
    const ConsistentRead = consistent;
    return [
      {
        name: `a get of 5,000 bytes, ${way} consistent`,
        before: put(IMAGES, { id: `get-${way}`, b: text(4990) }),
        request: (client) =>
          client.send(
            new GetItemCommand({
              TableName: IMAGES,
              Key: item({ id: `get-${way}` }),
              ConsistentRead,
              ...report,
            }),
          ),
      },
      {
        name: `a get of nothing, ${way} consistent`,
        request: (client) =>
          client.send(
            new GetItemCommand({ TableName: IMAGES, Key: item({ id: 'absent' }), ConsistentRead, ...report }),
          ),
      },
      {
        name: `a query of ten rows of 1,000 bytes, ${way} consistent`,
        before: (client) => tenRows(client, `query-${way}`),
        request: query({ ...ofPartition(`query-${way}`), ConsistentRead }),
      },
      {
        name: `a query of nothing, ${way} consistent`,
        request: query({ ...ofPartition('absent'), ConsistentRead }),
      },
    ];
  }),
  {
    name: 'a query of which a filter leaves nothing',
    before: (client) => tenRows(client, 'filtered'),
    request: query({
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: 'g = :g',
      ExpressionAttributeValues: item({ ':pk': 'filtered', ':g': 'another' }),
    }),
  },
  {
    name: 'a query of one attribute',
    before: (client) => tenRows(client, 'projected'),
    request: query({ ...ofPartition('projected'), ProjectionExpression: 'sk' }),
  },
  {
    name: 'a query of an index that holds everything',
    before: (client) => tenRows(client, 'index-all'),
    request: query({
      IndexName: 'all',
      KeyConditionExpression: 'g = :g',
      ExpressionAttributeValues: item({ ':g': 'index-all' }),
    }),
  },
  {
    name: 'a query of an index that holds little',
    before: (client) => tenRows(client, 'index-some'),
    request: query({
      IndexName: 'some',
      KeyConditionExpression: 'h = :h',
      ExpressionAttributeValues: item({ ':h': 'index-some' }),
    }),
  },
  {
    name: 'a batch of gets, one of them of nothing',
    before: put(IMAGES, { id: 'batch-get', b: text(4990) }),
    request: (client) =>
      client.send(
        new BatchGetItemCommand({
          RequestItems: { [IMAGES]: { Keys: [item({ id: 'batch-get' }), item({ id: 'absent' })] } },
          ...report,
        }),
      ),
  },
  {
    name: 'a transaction of a put, a delete of nothing and a check, without indexes',
    request: transaction(
      { Put: { TableName: IMAGES, Item: item({ id: 'in-transaction', b: text(1500) }) } },
      { Delete: { TableName: IMAGES, Key: item({ id: 'absent' }) } },
      {
        ConditionCheck: {
          TableName: IMAGES,
          Key: item({ id: 'absent-too' }),
          ConditionExpression: 'attribute_not_exists(id)',
        },
      },
    ),
  },
  {
    name: 'a transaction of a put into both indexes',
    request: transaction({
      Put: { TableName: ROWS, Item: item({ pk: 'transaction-both', sk: '1', g: 'g', h: 'h' }) },
    }),
  },
  {
    name: 'a transaction of an update of an index key, of an entry of 1,500 bytes',
    before: put(ROWS, { pk: 'transaction-moves', sk: '1', g: 'a', b: text(1470) }),
    request: transaction({
      Update: {
        TableName: ROWS,
        Key: item({ pk: 'transaction-moves', sk: '1' }),
        UpdateExpression: 'SET g = :g',
        ExpressionAttributeValues: item({ ':g': 'b' }),
      },
    }),
  },
  {
    name: 'a transaction of a delete of 2,500 bytes in both indexes',
    before: put(ROWS, { pk: 'transaction-deleted', sk: '1', g: 'g', h: 'h', b: text(2470) }),
    request: transaction({
      Delete: { TableName: ROWS, Key: item({ pk: 'transaction-deleted', sk: '1' }) },
    }),
  },
  {
    name: 'a transaction of gets, one of them of nothing',
    before: put(IMAGES, { id: 'transaction-get', b: text(4990) }),
    request: (client) =>
      client.send(
        new TransactGetItemsCommand({
          TransactItems: ['transaction-get', 'absent'].map((id) => ({
            Get: { TableName: IMAGES, Key: item({ id }) },
          })),
          ...report,
        }),
      ),
  },
];

/** What the request of a scenario consumes, once all before it has been done. */
export async function figuresOf(client: DynamoDBClient, scenario: Scenario): Promise<Figures> {
  await scenario.before?.(client);
  const { ConsumedCapacity: capacity = [] } = await scenario.request(client);
  const reports = Array.isArray(capacity) ? capacity : [capacity];
  return Object.fromEntries(
    reports.flatMap(({ TableName, Table, GlobalSecondaryIndexes }) => [
      [`${TableName}`, Table?.CapacityUnits ?? Number.NaN] as const,
      ...Object.entries(GlobalSecondaryIndexes ?? {}).map(
        ([index, units]) => [`${TableName}.${index}`, units.CapacityUnits ?? Number.NaN] as const,
      ),
    ]),
  );
}

/** 103 bytes of all types, and the rest in the binary `rest`. */
function putOfEveryType(bytes: number): PutItemCommand {
  return new PutItemCommand({
    TableName: IMAGES,
    Item: {
      id: { S: 'every-type' }, // 2 + 10
      text: { S: 'naïve – 写真' }, // 4 + 6 + 1 + 3 + 1 + 6 = 21, in UTF-8
      größe: { N: '1200' }, // 7, in UTF-8, and 2: one byte, and one for the two digits that count
      yes: { BOOL: true }, // 3 + 1
      none: { NULL: true }, // 4 + 1
      list: { L: [{ S: 'ab' }, { N: '12' }, { L: [] }] }, // 4 + 3 + (1 + 2) + (1 + 2) + (1 + 3) = 17
      map: { M: { key: { S: 'value' }, empty: { M: {} } } }, // 3 + 3 + (1 + 3 + 5) + (1 + 5 + 3) = 24
      set: { SS: ['one', 'three'] }, // 3 + 3 + 5
      rest: { B: new Uint8Array(bytes - 103 - 4) },
    },
    ...report,
  });
}
