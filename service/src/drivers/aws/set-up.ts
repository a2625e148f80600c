import {
  CreateTableCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { AwsClients } from './clients.ts';
import { awsErrorName } from './failures.ts';
import { makeJobQueue } from './queues.ts';
import { growShardCount } from './shard-count.ts';
import { type TableDefinition, type TableNames, tableDefinitions } from './tables.ts';

export interface Installation {
  readonly tables: TableNames;
  readonly bucket: string;
  readonly queue: string;
  readonly shards: number;
}

/** Says what has been done, a line each. */
export type Report = (line: string) => void;

/**
 * Makes bucket, tables and queue where they are not there yet: for emulators and trials. On an account
 * the infrastructure makes them, from the same definitions.
 * @returns the queue's URL.
 */
export async function setUpAws(
  clients: AwsClients & { readonly sqs: SQSClient },
  wanted: Installation,
  report: Report,
): Promise<string> {
  await makeTables(clients.dynamodb, wanted.tables, report);
  await growShardCount(clients.dynamodb, wanted.tables.listings, wanted.shards);
  report(`bucket ${wanted.bucket}: ${(await makeBucket(clients.s3, wanted.bucket)) ? 'made' : 'was there'}`);
  const queueUrl = await makeJobQueue(clients.sqs, wanted.queue);
  report(`queue ${queueUrl}`);
  return queueUrl;
}

/** Makes the tables that are not there yet. */
export async function makeTables(client: DynamoDBClient, tables: TableNames, report: Report): Promise<void> {
  const definitions = Object.values(tableDefinitions(tables));
  await Promise.all(definitions.map((definition) => makeTable(client, definition, report)));
}

async function makeTable(client: DynamoDBClient, definition: TableDefinition, report: Report): Promise<void> {
  const name = definition.create.TableName ?? '';
  const made = await unlessThere('ResourceInUseException', () =>
    client.send(new CreateTableCommand(definition.create)),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: name });
  if (made && definition.timeToLive) await expireBy(client, name, definition.timeToLive);
  report(`table ${name}: ${made ? 'made' : 'was there'}`);
}

function expireBy(client: DynamoDBClient, TableName: string, AttributeName: string): Promise<unknown> {
  const TimeToLiveSpecification = { AttributeName, Enabled: true };
  return client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}

/** @returns false where it was there already. */
export async function makeBucket(client: S3Client, Bucket: string): Promise<boolean> {
  const region = await client.config.region();
  // S3 wants the region named, but for the one that it takes when none is.
  const elsewhere = { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
  return unlessThere('BucketAlreadyOwnedByYou', () =>
    client.send(new CreateBucketCommand({ Bucket, ...(region === 'us-east-1' ? {} : elsewhere) })),
  );
}

/** True when it was made, false when it was there already. */
async function unlessThere(name: string, make: () => Promise<unknown>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if (awsErrorName(error) === name) return false;
    throw error;
  }
}
