import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { DynamoListingCheck } from '../../src/drivers/aws/dynamo-listing-check.ts';
import { userTagPartition } from '../../src/drivers/aws/listing-keys.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { sampleRecord } from '../support/sample-record.ts';

/** An index that writes over some shards, and a check that looks over others. */
async function openOver(shards: number, later = shards) {
  const { clients, storage, close } = await openInstallation();
  onTestFinished(close);
  const { tables, bucket } = storage;
  const common = { client: clients.dynamodb, tables, pause: async () => {} };
  const index = new DynamoImageIndex({ ...common, bucket, shards: async () => shards });
  const check = new DynamoListingCheck({ ...common, unitsPerSecond: 1000, shards: async () => later });
  const straysOf = async () => {
    const places: string[] = [];
    for await (const row of check.strays()) if (await check.isStray(row)) places.push(row.place);
    return places;
  };
  return { client: clients.dynamodb, tables, index, check, straysOf };
}

const TAGS = ['bird', 'dusk', 'lake', 'osprey', 'wing'];

test('of more rows than DynamoDB reads at once, those that are missing are found', async () => {
  const { client, tables, index, check, straysOf } = await openOver(4);
  const records = Array.from({ length: 40 }, () => sampleRecord({ tags: TAGS }));
  for (const record of records) await index.insert(record);
  expect(await check.suspectsAmong(records)).toEqual([]);
  const { image_id, upload_time } = records[33] ?? sampleRecord();
  const pk = userTagPartition('alice', 'lake');
  const sk = `${upload_time}#${image_id}`;
  const Key = { pk: { S: pk }, sk: { S: sk } };
  await client.send(new DeleteItemCommand({ TableName: tables.listings, Key }));
  expect(await check.suspectsAmong(records)).toEqual([image_id]);
  expect(await check.differencesOf(image_id)).toEqual({
    record: records[33],
    missing: [`${pk} ${sk}`],
    stale: [],
  });
  expect(await check.differencesOf(records[0]?.image_id ?? '')).toBeUndefined();
  expect(await straysOf()).toEqual([]);
});

test('rows that were written when there were fewer shards are right where they are', async () => {
  const { index, check, straysOf } = await openOver(1, 8);
  const records = Array.from({ length: 10 }, () => sampleRecord({ tags: TAGS }));
  for (const record of records) await index.insert(record);
  expect(await check.suspectsAmong(records)).toEqual([]);
  expect(await straysOf()).toEqual([]);
});

test('rows in a shard that nobody looks into any more are found', async () => {
  const { index, check } = await openOver(8, 1);
  const record = sampleRecord({ image_id: '019df0ef-8028-773a-95af-5ab3e277e837' });
  await index.insert(record);
  expect((await check.differencesOf(record.image_id))?.stale).toHaveLength(3);
  await index.replace(record, record);
});

test('a row that belongs to an image by now is not removed', async () => {
  const { index, check } = await openOver(4);
  const record = sampleRecord();
  await index.insert(record);
  const place = `${userTagPartition('alice', 'bird')} ${record.upload_time}#${record.image_id}`;
  const row = { image_id: record.image_id, place };
  expect(await check.isStray(row)).toBe(false);
  expect(await check.removeStray(row)).toBe(false);
  expect(await check.differencesOf(record.image_id)).toBeUndefined();
  await index.replace(record, { ...record, tags: ['dusk'], revision: 2 });
  expect(await check.isStray(row)).toBe(false);
});
