import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import type { ListFilter, ListPosition } from '../../src/domain/listing.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { itemFromRecord, rowsOf } from '../../src/drivers/aws/image-item.ts';
import { type EmbeddedStorage, openStorage } from '../../src/drivers/embedded/open-storage.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { writeBatches } from '../support/aws-cleaning.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { LARGE } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';

const IMAGES = LARGE ? 20_000 : 600;
const SHARDS = 4;
const START = Date.UTC(2026, 0, 1);

let aws: OpenedInstallation;
let folder: Awaited<ReturnType<typeof scratchFolder>>;
let storage: EmbeddedStorage;
let homes: Readonly<Record<'embedded' | 'aws', ImageIndex>>;

/** Skewed as in life: few users and tags have most images; several uploads share a millisecond. */
function records(): ImageRecord[] {
  return Array.from({ length: IMAGES }, (_, n) =>
    sampleRecord({
      user_id: `user ${Math.floor(Math.sqrt(n % 400))}`,
      tags: ['all', `tag ${n % 7}`, ...(n % 50 === 0 ? ['rare'] : [])],
      upload_time: new Date(START + Math.floor(n / 3) * 60_000).toISOString(),
    }),
  );
}

beforeAll(async () => {
  aws = await openInstallation();
  folder = await scratchFolder();
  storage = await openStorage(folder.path, silentLog);
  const made = records();
  await Promise.all(made.map((record) => storage.index.insert(record)));
  await fill(made);
  const client = aws.clients.dynamodb;
  const { bucket, tables } = aws.storage;
  const index = new DynamoImageIndex({
    client,
    tables,
    bucket,
    shards: async () => SHARDS,
    pause: async () => {},
  });
  homes = { embedded: storage.index, aws: index };
}, 600_000);

afterAll(async () => {
  await storage.close();
  await folder.remove();
  await aws.close();
});

/** The items that inserts would write, in batches: transactions are not what is looked at here. */
async function fill(made: readonly ImageRecord[]): Promise<void> {
  const { tables, bucket } = aws.storage;
  const { dynamodb } = aws.clients;
  const put = (Item: Record<string, AttributeValue>) => ({ PutRequest: { Item } });
  const rows = made.flatMap((record) => rowsOf(record, SHARDS).map(({ item }) => put(item)));
  const images = made.map((record) => put(itemFromRecord(record, bucket)));
  await writeBatches(dynamodb, tables.images, images);
  await writeBatches(dynamodb, tables.listings, rows);
}

/** The whole sequence, page by page: where pages end is each home's own affair. */
async function sequence(index: ImageIndex, filter: ListFilter): Promise<string[]> {
  const ids: string[] = [];
  let after: ListPosition | null = null;
  do {
    const page: Awaited<ReturnType<ImageIndex['list']>> = await index.list(filter, 200, after);
    ids.push(...page.items.map(({ image_id }) => image_id));
    after = page.next;
  } while (after);
  return ids;
}

const user = 'user 12';
const week = { from: START, before: START + 7 * 86_400_000 };
const FILTERS: readonly (readonly [string, Pick<ListFilter, 'user_id' | 'tags' | 'uploaded'>])[] = [
  ['all images', { tags: [], uploaded: {} }],
  ["a user's", { user_id: user, tags: [], uploaded: {} }],
  ["a tag's", { tags: ['tag 3'], uploaded: {} }],
  ["a user's of a tag", { user_id: user, tags: ['tag 3'], uploaded: {} }],
  ["a user's of two tags", { user_id: user, tags: ['all', 'tag 3'], uploaded: {} }],
  ['those of two tags', { tags: ['all', 'rare'], uploaded: {} }],
  ['those of a week', { tags: [], uploaded: week }],
  ["a user's of a tag in a week", { user_id: user, tags: ['all'], uploaded: week }],
  ['those of nobody', { user_id: 'nobody', tags: [], uploaded: {} }],
];

describe.each(['newest', 'oldest'] as const)('%s first', (order) => {
  test.each(FILTERS)('%s are the same, in the same order, in both homes', async (name, filter) => {
    const [embedded, onAws] = await Promise.all([
      sequence(homes.embedded, { ...filter, order }),
      sequence(homes.aws, { ...filter, order }),
    ]);
    expect(onAws).toEqual(embedded);
    expect(embedded.length > 0).toBe(name !== 'those of nobody');
  });
});
