import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchWriteItemCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  paginateListTables,
  paginateScan,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { DeleteQueueCommand, paginateListQueues, type SQSClient } from '@aws-sdk/client-sqs';
import { type TableNames, tableDefinitions } from '../../src/drivers/aws/tables.ts';
import type { AllClients } from './aws-backends.ts';

/** Most writes that one batch may hold. */
const BATCH = 25;

const WAIT_FOR_CAPACITY_MS = 200;

/** Takes everything out of an installation's tables and bucket, the shard count too. */
export async function emptyInstallation(
  { dynamodb, s3 }: AllClients,
  { tables, bucket }: { readonly tables: TableNames; readonly bucket: string },
): Promise<void> {
  const definitions = Object.values(tableDefinitions(tables));
  await Promise.all([
    emptyBucket(s3, bucket),
    ...definitions.map(({ create }) =>
      emptyTable(
        dynamodb,
        create.TableName ?? '',
        (create.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName),
      ),
    ),
  ]);
}

async function emptyTable(client: DynamoDBClient, table: string, keys: readonly string[]): Promise<void> {
  const names = Object.fromEntries(keys.map((key, at) => [`#key${at}`, key]));
  const scan = {
    TableName: table,
    ConsistentRead: true,
    ProjectionExpression: Object.keys(names).join(', '),
    ExpressionAttributeNames: names,
  };
  for await (const { Items = [] } of paginateScan({ client }, scan)) {
    const deletions = Items.map((Key) => ({ DeleteRequest: { Key } }));
    await writeBatches(client, table, deletions);
  }
}

/** Writes a table in batches, as often as DynamoDB leaves something of one undone. */
export async function writeBatches(
  client: DynamoDBClient,
  table: string,
  writes: readonly WriteRequest[],
): Promise<void> {
  let left = writes;
  while (left.length > 0) {
    const RequestItems = { [table]: left.slice(0, BATCH) };
    const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems }));
    const undone = UnprocessedItems?.[table] ?? [];
    left = [...left.slice(BATCH), ...undone];
    // DynamoDB asks for a pause then.
    if (undone.length > 0) await pause(WAIT_FOR_CAPACITY_MS);
  }
}

/** One by one: not every engine takes the checksum that a deletion of several must have. */
async function emptyBucket(client: S3Client, Bucket: string): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client, pageSize: 100 }, { Bucket })) {
    await Promise.all(Contents.map(({ Key }) => client.send(new DeleteObjectCommand({ Bucket, Key }))));
  }
}

/** Deletes all tables, buckets and queues whose names begin so; says each. */
export async function deleteEverything(
  { dynamodb, s3, sqs }: Partial<AllClients>,
  prefix: string,
): Promise<readonly string[]> {
  if (prefix.length < 'tintype-test-'.length) throw new Error(`${JSON.stringify(prefix)} is no prefix.`);
  const gone = await Promise.all([
    dynamodb ? deleteTables(dynamodb, prefix) : [],
    s3 ? deleteBuckets(s3, prefix) : [],
    sqs ? deleteQueues(sqs, prefix) : [],
  ]);
  return gone.flat();
}

async function deleteTables(client: DynamoDBClient, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {})) names.push(...TableNames);
  const ours = names.filter((name) => name.startsWith(prefix));
  await Promise.all(ours.map((TableName) => client.send(new DeleteTableCommand({ TableName }))));
  return ours.map((name) => `table ${name}`);
}

async function deleteBuckets(client: S3Client, prefix: string): Promise<string[]> {
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  const ours = Buckets.map(({ Name = '' }) => Name).filter((name) => name.startsWith(prefix));
  for (const Bucket of ours) {
    await emptyBucket(client, Bucket);
    await client.send(new DeleteBucketCommand({ Bucket }));
  }
  return ours.map((name) => `bucket ${name}`);
}

async function deleteQueues(client: SQSClient, prefix: string): Promise<string[]> {
  const urls: string[] = [];
  for await (const { QueueUrls = [] } of paginateListQueues({ client }, { QueueNamePrefix: prefix })) {
    urls.push(...QueueUrls);
  }
  await Promise.all(urls.map((QueueUrl) => client.send(new DeleteQueueCommand({ QueueUrl }))));
  return urls.map((url) => `queue ${url}`);
}
