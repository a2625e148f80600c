import { CreateTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { DynamoImageWalk } from '../../src/drivers/aws/dynamo-image-walk.ts';
import { S3ObjectStore } from '../../src/drivers/aws/s3-object-store.ts';
import { tableDefinitions } from '../../src/drivers/aws/tables.ts';
import { startEmulators } from '../emulators/emulators.ts';
import { type AwsBackends, connectBackends } from './aws-backends.ts';
import { deleteEverything, emptyInstallation } from './aws-cleaning.ts';
import { ON_EMULATORS } from './aws-environment.ts';
import { ALL, listed } from './listed.ts';
import { makeInstallation, tablesOf } from './make-installation.ts';
import { sampleRecord } from './sample-record.ts';
import { countRequests } from './sdk-meter.ts';
import { bytesOf, keysOf, newKey, put } from './stored-bytes.ts';

const RUN = 'tintype-test-0a1b2c3d-';

let backends: AwsBackends;

beforeAll(async () => {
  backends = await connectBackends(ON_EMULATORS, {}, await startEmulators());
});

afterAll(() => backends.stop());

async function openHome(name: string) {
  const { clients, storage } = await makeInstallation(backends, { name, queue: name });
  const { dynamodb: client, s3 } = clients;
  const { tables, bucket } = storage;
  const pause = async () => {};
  const index = new DynamoImageIndex({ client, tables, bucket, shards: async () => 4, pause });
  const walk = new DynamoImageWalk({ client, table: tables.images, unitsPerSecond: 1000, pause });
  const store = new S3ObjectStore({ client: s3, bucket, urlWindowSeconds: 3600 });
  return { index, walk, store, storage };
}

test('an installation that is emptied holds nothing, and another everything that it did', async () => {
  const [home, other] = [await openHome(`${RUN}1-1`), await openHome(`${RUN}1-2`)];
  for (const { index, store } of [home, other]) {
    for (let n = 0; n < 30; n++) await index.insert(sampleRecord({ user_id: 'a#b/%', tags: ['x', 'y'] }));
    for (let n = 0; n < 3; n++) await put(store, newKey('a#b/%'), bytesOf(10));
  }
  await emptyInstallation(backends.clients, home.storage);
  const records = async ({ walk }: typeof home) => {
    let count = 0;
    for await (const _record of walk.walk()) count++;
    return count;
  };
  const contents = async (one: typeof home) => [
    await records(one),
    (await listed(one.index, ALL)).length,
    (await keysOf(one.store)).length,
  ];
  expect(await contents(home)).toEqual([0, 0, 0]);
  expect(await contents(other)).toEqual([30, 30, 3]);
});

test("at a run's end all that has its name goes, full or empty, and nothing else", async () => {
  const { index, store } = await openHome(`${RUN}2-1`);
  await index.insert(sampleRecord());
  await put(store, newKey(), bytesOf(10));
  const { dynamodb, s3, sqs } = backends.clients;
  const foreign = 'tintype-test-ffffffff-1-1';
  await dynamodb.send(new CreateTableCommand(tableDefinitions(tablesOf(foreign)).images.create));
  await s3.send(new CreateBucketCommand({ Bucket: foreign }));
  await sqs.send(new CreateQueueCommand({ QueueName: foreign }));

  await deleteEverything(backends.clients, RUN);

  await expect
    .poll(async () => (await dynamodb.send(new ListTablesCommand({}))).TableNames)
    .toEqual([`${foreign}-images`]);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  expect(Buckets.map(({ Name }) => Name)).toEqual([foreign]);
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  expect(QueueUrls.map((url) => url.split('/').at(-1))).toEqual([foreign]);
});

test.each(['', 'tintype-', 'images'])('nothing is deleted by so short a name as %j', async (prefix) => {
  await expect(deleteEverything(backends.clients, prefix)).rejects.toThrow('no prefix');
});

test('requests are counted as they are sent; presigning sends none, and what is ours does not count', async () => {
  const { store, index } = await openHome(`${RUN}3-1`);
  const counter = countRequests(backends.clients);
  await index.get(sampleRecord().image_id);
  await put(store, newKey(), bytesOf(10));
  await store.presignRead(newKey(), {
    expires_at: Date.now() + 60_000,
    content_type: 'image/png',
    content_disposition: 'inline',
  });
  await counter.uncounted(() => put(store, newKey(), bytesOf(10)));
  expect(counter.take()).toEqual({ dynamodb: { GetItem: 1 }, s3: { PutObject: 1 }, sqs: {} });
  expect(counter.take()).toEqual({ dynamodb: {}, s3: {}, sqs: {} });
});
