import { setTimeout as pause } from 'node:timers/promises';
import { loadAwsPlace } from '../config/migration.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { DynamoImageWalk } from '../drivers/aws/dynamo-image-walk.ts';
import { DynamoJobOutbox, type DynamoJobOutboxOptions } from '../drivers/aws/dynamo-job-outbox.ts';
import { DynamoQuotaLedger } from '../drivers/aws/dynamo-quota-ledger.ts';
import { DynamoUsageWalk } from '../drivers/aws/dynamo-usage-walk.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import { createSqsClient } from '../drivers/aws/sqs-client.ts';
import { createSqsJobQueue, type SqsJobQueue } from '../drivers/aws/sqs-job-queue.ts';
import type { MigrationTarget } from '../operations/maintenance/migrate-images.ts';
import { recountUsage } from '../operations/maintenance/recount-usage.ts';
import type { Log } from '../ports/log.ts';
import type { OpenedSide } from './migration-side.ts';

/** Far below what an on-demand table takes from its first minute (12,000), so that requests go on. */
const WALK_UNITS_PER_SECOND = 1000;

/** The AWS home that the environment names, as either side of a migration. */
export async function openAwsSide(log: Log): Promise<OpenedSide<MigrationTarget>> {
  const place = loadAwsPlace();
  const { bucket, tables, listingShards, s3PathStyle } = place;
  const clients = createAwsClients({ s3PathStyle });
  const client = clients.dynamodb;
  const wait = (milliseconds: number) => pause(milliseconds);
  const shards = createShardCount(client, tables.listings, listingShards);
  const { outbox, close: closeQueue } = openOutbox(place, { client, table: tables.listings, shards, log });
  const index = new DynamoImageIndex({ client, tables, bucket, shards, pause: wait, outbox });
  // Nobody is given URLs, so the window of theirs does not matter.
  const objects = new S3ObjectStore({ client: clients.s3, bucket, urlWindowSeconds: 3600 });
  const walk = new DynamoImageWalk({
    client,
    table: tables.images,
    unitsPerSecond: WALK_UNITS_PER_SECOND,
    pause: wait,
  });
  const usages = new DynamoUsageWalk({
    client,
    table: tables.ledger,
    unitsPerSecond: WALK_UNITS_PER_SECOND,
    pause: wait,
  });
  const mend = new DynamoQuotaLedger({ client, table: tables.ledger });
  // Records that are moved here are counted by no upload: users' quotas are, in the end.
  const afterwards = async () => {
    await recountUsage({ walk, usages }, { mend, settle: async () => {} });
  };
  const close = async () => {
    closeQueue();
    destroyAwsClients(clients);
  };
  return { parts: { index, walk, objects }, afterwards, close };
}

/**
 * What writes down the jobs that images need which the source has not processed. They are sent to the queue where
 * the environment names it; otherwise whoever serves the target sends them from their notes, in a few minutes.
 */
function openOutbox(
  { jobsQueueUrl: queueUrl, queuePerKind }: AwsStorageConfig,
  options: Omit<DynamoJobOutboxOptions, 'send'>,
): { readonly outbox: Pick<DynamoJobOutbox, 'note'>; close(): void } {
  if (queueUrl !== '') {
    const client = createSqsClient({});
    const queue = createSqsJobQueue({ client, queueUrl, queuePerKind });
    const send: SqsJobQueue['enqueue'] = (job, noted) => queue.enqueue(job, noted);
    return { outbox: new DynamoJobOutbox({ ...options, send }), close: () => client.destroy() };
  }
  // To send one to nowhere leaves its note where it is: that goes when the job arrives somewhere.
  return { outbox: new DynamoJobOutbox({ ...options, send: async () => {} }), close() {} };
}
