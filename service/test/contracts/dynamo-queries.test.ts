import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import type { ListFilter, ListPosition } from '../../src/domain/listing.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { LARGE } from '../support/large.ts';
import { ALL } from '../support/listed.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { type SentCommand, stubbedClient } from '../support/stubbed-aws.ts';

/** Most queries that a request may make (DESIGN, section 3). */
const MOST_QUERIES = 10;

const COMMON = ['bird', 'dusk', 'lake', 'moor', 'sea'];

/** Many images that have some of the tags, and a few, far apart, that have all. */
const RECORDS: readonly ImageRecord[] = Array.from({ length: 120 }, (_, n) => {
  const upload_time = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
  const tags = n % 37 === 0 ? COMMON : COMMON.filter((_tag, at) => at !== n % COMMON.length);
  return sampleRecord({ user_id: n % 3 === 0 ? 'bob' : 'alice', tags, upload_time });
});

const FILTERS: readonly ListFilter[] = [[], ['bird'], ['bird', 'dusk'], COMMON.slice(0, 4), COMMON].flatMap(
  (tags) => [
    { ...ALL, tags },
    { ...ALL, tags, order: 'oldest' as const },
    { ...ALL, tags, user_id: 'alice' },
    { ...ALL, tags, user_id: 'nobody' },
    { ...ALL, tags, uploaded: { from: Date.UTC(2026, 0, 1, 1), before: Date.UTC(2026, 0, 1, 4) } },
  ],
);

/** What a listing must hold, newest first or oldest first. */
function expected({ user_id, tags, uploaded, order }: ListFilter): string[] {
  const { from = 0, before = Number.POSITIVE_INFINITY } = uploaded;
  const ids = RECORDS.filter(
    (record) =>
      (user_id === undefined || record.user_id === user_id) &&
      tags.every((tag) => record.tags.includes(tag)) &&
      Date.parse(record.upload_time) >= from &&
      Date.parse(record.upload_time) < before,
  ).map(({ image_id }) => image_id);
  return order === 'oldest' ? ids : ids.reverse();
}

describe.each(LARGE ? [1, 4, 8] : [4])('listings over %s shards', (shards) => {
  let index: DynamoImageIndex;
  let sent: readonly SentCommand[];
  let installation: OpenedInstallation;
  beforeAll(async () => {
    installation = await openInstallation();
    const { clients, storage } = installation;
    const { dynamodb } = clients;
    const spy = stubbedClient<DynamoDBClient>((_command, _nth, original) =>
      dynamodb.send(original as Parameters<DynamoDBClient['send']>[0]),
    );
    sent = spy.sent;
    index = new DynamoImageIndex({
      client: spy.client,
      tables: storage.tables,
      bucket: storage.bucket,
      shards: async () => shards,
      pause: async () => {},
    });
    await Promise.all(RECORDS.map((record) => index.insert(record)));
  });
  afterAll(() => installation.close());

  /** The commands of each request on the way through a listing, and what it held. */
  async function goThrough(filter: ListFilter, limit: number) {
    const requests: (readonly SentCommand[])[] = [];
    const ids: string[] = [];
    let after: ListPosition | null = null;
    do {
      const before = sent.length;
      const page = await index.list(filter, limit, after);
      requests.push(sent.slice(before));
      ids.push(...page.items.map(({ image_id }) => image_id));
      after = page.next;
    } while (after);
    return { requests, ids };
  }

  test.each([20, 200])(
    'hold what they should in pages of %s, each in at most ten queries, and never scan',
    async (limit) => {
      for (const filter of FILTERS) {
        const { requests, ids } = await goThrough(filter, limit);
        expect(ids, JSON.stringify(filter)).toEqual(expected(filter));
        for (const commands of requests) {
          expect(commands.length).toBeGreaterThan(0);
          expect(commands.length).toBeLessThanOrEqual(MOST_QUERIES);
          expect(new Set(commands.map(({ name }) => name))).toEqual(new Set(['Query']));
        }
      }
    },
  );

  test('of one owner are read as they are now, from the table; of all users from its index', async () => {
    for (const filter of FILTERS) {
      const { requests } = await goThrough(filter, 200);
      for (const { input } of requests.flat()) {
        const owned = filter.user_id !== undefined;
        expect([input['ConsistentRead'], input['IndexName']]).toEqual(
          owned ? [true, undefined] : [undefined, 'everyone'],
        );
        expect(input['FilterExpression']).toBeUndefined();
      }
    }
  });

  test('of one owner, or of one of his tags, are one query a page', async () => {
    for (const tags of [[], ['bird']]) {
      const { requests } = await goThrough({ ...ALL, user_id: 'alice', tags }, 50);
      expect(requests.map((commands) => commands.length)).toEqual(requests.map(() => 1));
    }
  });

  test('of a time ask for that time in the key, and read no rows outside it', async () => {
    const before = Date.UTC(2026, 0, 1, 1);
    const filter = { ...ALL, user_id: 'alice', uploaded: { before } };
    const { requests } = await goThrough(filter, 200);
    const [query] = requests.flat();
    expect(query?.input['ExpressionAttributeValues']).toMatchObject({
      ':high': { S: new Date(before).toISOString() },
    });
  });
});
