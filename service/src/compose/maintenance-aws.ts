import { setTimeout as pause } from 'node:timers/promises';
import type { AwsStorageConfig } from '../config/storage.ts';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { DynamoImageWalk } from '../drivers/aws/dynamo-image-walk.ts';
import { DynamoJobOutbox } from '../drivers/aws/dynamo-job-outbox.ts';
import { DynamoListingCheck } from '../drivers/aws/dynamo-listing-check.ts';
import { DynamoQuotaLedger } from '../drivers/aws/dynamo-quota-ledger.ts';
import { DynamoUsageWalk } from '../drivers/aws/dynamo-usage-walk.ts';
import { S3BegunUploads } from '../drivers/aws/s3-begun-uploads.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import { createSqsClient } from '../drivers/aws/sqs-client.ts';
import { SqsDeadJobs } from '../drivers/aws/sqs-dead-jobs.ts';
import { createSqsJobQueue } from '../drivers/aws/sqs-job-queue.ts';
import type { Log } from '../ports/log.ts';
import { createAwsUploads } from './aws-uploads.ts';
import type { MaintainedHome } from './maintained-home.ts';

/** Far below what an on-demand table takes from its first minute (12,000), so that requests go on. */
const WALK_UNITS_PER_SECOND = 1000;

/** No function behind the API runs for longer. */
const LONGEST_REQUEST_MS = 30_000;

/** The AWS home of the environment, for a command. */
export async function openAwsMaintenance(storage: AwsStorageConfig, log: Log): Promise<MaintainedHome> {
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const sqs = createSqsClient({});
  const home = overAws(storage, { ...clients, sqs }, log);
  return {
    ...home,
    async close() {
      sqs.destroy();
      destroyAwsClients(clients);
    },
  };
}

/** The same with clients that are there already. */
export function overAws(
  storage: AwsStorageConfig,
  { sqs, ...clients }: AwsClients & { readonly sqs: ReturnType<typeof createSqsClient> },
  log: Log,
): Omit<MaintainedHome, 'close'> {
  const { tables, bucket, listingShards, jobsQueueUrl: queueUrl, queuePerKind } = storage;
  const { dynamodb: client, s3 } = clients;
  const wait = (milliseconds: number) => pause(milliseconds);
  const pace = { client, unitsPerSecond: WALK_UNITS_PER_SECOND, pause: wait };
  const shards = createShardCount(client, tables.listings, listingShards);
  const jobs = queueUrl === '' ? undefined : createSqsJobQueue({ client: sqs, queueUrl, queuePerKind });
  const outbox = new DynamoJobOutbox({
    client,
    table: tables.listings,
    shards,
    send: async (job, noted) => {
      // Where no queue is named, whoever looks after the outbox sends the job.
      if (!jobs) throw new Error('JOBS_QUEUE_URL is not set.');
      await jobs.enqueue(job, noted);
    },
    log: jobs ? log : { ...log, warn() {} },
  });
  const index = new DynamoImageIndex({ client, tables, bucket, shards, pause: wait, outbox });
  const objects = new S3ObjectStore({
    client: s3,
    bucket,
    // Nobody is given URLs, so the window of theirs does not matter.
    urlWindowSeconds: 3600,
  });
  const uploads = createAwsUploads(storage, clients);
  const quotas = new DynamoQuotaLedger({ client, table: tables.ledger });
  const listings = new DynamoListingCheck({ ...pace, tables, shards });
  return {
    index,
    objects,
    uploads,
    quotas,
    listings,
    walk: new DynamoImageWalk({ ...pace, table: tables.images }),
    usages: new DynamoUsageWalk({ ...pace, table: tables.ledger }),
    begunUploads: new S3BegunUploads({ client: s3, bucket }),
    // SQS cannot be searched.
    knownJobs: undefined,
    deadJobs: jobs && new SqsDeadJobs({ client: sqs, queueUrl, pause: wait }),
    temporaryFiles: undefined,
    writable: { index, objects, uploads, quotas, listings, clock: { now: Date.now }, log },
    longestRequestMs: LONGEST_REQUEST_MS,
  };
}
