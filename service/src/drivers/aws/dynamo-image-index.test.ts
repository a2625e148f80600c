import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { ALL } from '../../../test/support/listed.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { type Answer, OUTAGES, type SentCommand, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import { DynamoImageIndex } from './dynamo-image-index.ts';
import { itemFromRecord } from './image-item.ts';
import { createShardCount } from './shard-count.ts';

const TABLES = { images: 'images', listings: 'listings' };
const BUCKET = 'pictures';
const RECORD = sampleRecord();
const NEXT = { ...RECORD, title: 'next', tags: ['lake'], revision: 2 };

/** The index over a stub of DynamoDB, which answers; its count of shards comes from there, too. */
function indexOver(answer: Answer) {
  const { client, sent } = stubbedClient<DynamoDBClient>(answer);
  const index = new DynamoImageIndex({
    client,
    tables: TABLES,
    bucket: BUCKET,
    shards: createShardCount(client, TABLES.listings, 4, () => 0),
    pause: async () => {},
  });
  return { index, sent };
}

const fails =
  (error: Error): Answer =>
  () => {
    throw error;
  };

/** Cancels every transaction for the record's own item, which is there or not, and answers all else. */
const refuses =
  (Code: string, wasThere: boolean): Answer =>
  ({ name }) => {
    if (name !== 'TransactWriteItems') return {};
    const reason = { Code, ...(wasThere ? { Item: itemFromRecord(RECORD, BUCKET) } : {}) };
    const CancellationReasons = [reason, { Code: 'None' }, { Code: 'None' }];
    throw new TransactionCanceledException({ $metadata: {}, message: 'cancelled', CancellationReasons });
  };

const WRITES: readonly (readonly [name: string, write: (index: ImageIndex) => Promise<void>])[] = [
  ['insert', (index) => index.insert(RECORD)],
  ['replace', (index) => index.replace(RECORD, NEXT)],
  ['remove', (index) => index.remove(RECORD)],
];

const CALLS: readonly (readonly [name: string, call: (index: ImageIndex) => Promise<unknown>])[] = [
  ...WRITES,
  ['get', (index) => index.get(RECORD.image_id)],
  ['a list of one owner', (index) => index.list({ ...ALL, user_id: 'alice' }, 50, null)],
  ['a list over all', (index) => index.list(ALL, 50, null)],
  ['a list of several tags', (index) => index.list({ ...ALL, tags: ['bird', 'dusk'] }, 50, null)],
  ['check', (index) => index.check()],
];

describe('a failure of DynamoDB', () => {
  describe.each(OUTAGES)('%s', (_what, error) => {
    test.each(CALLS)('at %s is `unavailable`, with its cause', async (_name, call) => {
      const { index } = indexOver(fails(error));
      await expect(call(index)).rejects.toMatchObject({ code: 'unavailable', cause: error });
    });

    test.each(WRITES)('at %s is `unavailable` also once the shards are known', async (_name, write) => {
      const { index } = indexOver(({ name }) =>
        name === 'GetItem' ? {} : fails(error)({ name, input: {} }, 1),
      );
      await expect(write(index)).rejects.toMatchObject({ code: 'unavailable', cause: error });
    });
  });

  test('while the count of shards is read is not kept: the next call reads it again', async () => {
    const [, [, error] = ['', new Error('none')]] = OUTAGES;
    const { index, sent } = indexOver((_command, nth) =>
      nth === 1 ? fails(error)({ name: '', input: {} }, 1) : {},
    );
    await expect(index.insert(RECORD)).rejects.toMatchObject({ code: 'unavailable' });
    await index.insert(RECORD);
    await index.insert(NEXT);
    expect(sent.map(({ name }) => name)).toEqual([
      'GetItem',
      'GetItem',
      'TransactWriteItems',
      'TransactWriteItems',
    ]);
  });
});

describe('a transaction that DynamoDB cancels', () => {
  test.each(WRITES)('for a conflict that does not pass makes %s `unavailable`', async (_name, write) => {
    const { index, sent } = indexOver(refuses('TransactionConflict', false));
    await expect(write(index)).rejects.toMatchObject({
      code: 'unavailable',
      cause: expect.any(TransactionCanceledException),
    });
    expect(sent.filter(({ name }) => name === 'TransactWriteItems')).toHaveLength(8);
  });

  test('for a conflict that passes is no failure', async () => {
    let conflicts = 2;
    const { index } = indexOver((command, nth) =>
      command.name === 'TransactWriteItems' && conflicts-- > 0
        ? refuses('TransactionConflict', false)(command, nth)
        : {},
    );
    await expect(index.insert(RECORD)).resolves.toBeUndefined();
  });

  test.each([
    ['insert', 'an id that is taken', false, 'conflict'],
    ['replace', 'an image that has changed', true, 'conflict'],
    ['replace', 'an image that is gone', false, 'not_found'],
    ['remove', 'an image that has changed', true, 'conflict'],
    ['remove', 'an image that is gone', false, 'not_found'],
  ])('for the condition of %s on %s: %s %s', async (name, _what, wasThere, code) => {
    const { index, sent } = indexOver(refuses('ConditionalCheckFailed', wasThere));
    const [, write] = WRITES.find(([known]) => known === name) ?? [];
    await expect(write?.(index)).rejects.toMatchObject({ code });
    expect(sent.filter((command) => command.name === 'TransactWriteItems')).toHaveLength(1);
  });
});

interface WrittenItem {
  readonly TableName: string;
  readonly Item?: Readonly<Record<string, { readonly S?: string }>>;
  readonly Key?: Readonly<Record<string, { readonly S?: string }>>;
  readonly ConditionExpression?: string;
}

/** What each item of a transaction is: its table with its whole key, and its condition. */
function itemsOf({ input }: SentCommand) {
  const items = input['TransactItems'] as readonly Readonly<Record<string, WrittenItem>>[];
  return items.flatMap((item) =>
    Object.values(item).map(({ TableName, Item, Key, ConditionExpression }) => {
      const names = TableName === TABLES.images ? ['image_id'] : ['pk', 'sk'];
      const key = names.map((name) => (Item ?? Key)?.[name]?.S);
      return { id: [TableName, ...key].join(' '), condition: ConditionExpression };
    }),
  );
}

describe('the items of a transaction', () => {
  test('of two uploads by one user, at one time and with the same tags, are never the same', async () => {
    const { index, sent } = indexOver(() => ({}));
    await index.insert(sampleRecord());
    await index.insert(sampleRecord());
    const [first, second] = sent.filter(({ name }) => name === 'TransactWriteItems').map(itemsOf);
    const ids = [...(first ?? []), ...(second ?? [])].map(({ id }) => id);
    expect(first).toHaveLength(4);
    expect(second).toHaveLength(4);
    expect(new Set(ids).size).toBe(8);
    expect(ids.join()).not.toContain('undefined');
  });

  test.each(WRITES)('of %s begin with the record, which alone has a condition', async (_name, write) => {
    const { index, sent } = indexOver(() => ({}));
    await write(index);
    const [own, ...rows] = itemsOf(sent.at(-1) ?? { name: '', input: {} });
    expect(own?.id).toBe(`images ${RECORD.image_id}`);
    expect(own?.condition).toBeDefined();
    expect(rows.length).toBeGreaterThan(2);
    for (const { id, condition } of rows)
      expect([id.split(' ')[0], condition]).toEqual(['listings', undefined]);
  });
});

test('a record is read as it is now, not as it was a moment ago', async () => {
  const { index, sent } = indexOver(() => ({ Item: itemFromRecord(RECORD, BUCKET) }));
  expect(await index.get(RECORD.image_id)).toStrictEqual(RECORD);
  expect(sent).toMatchObject([{ name: 'GetItem', input: { TableName: 'images', ConsistentRead: true } }]);
});
