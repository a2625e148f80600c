import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createSigner } from '../domain/signing.ts';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import { createSqsJobQueue, startSqsWorker } from '../drivers/aws/sqs-job-queue.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import { cleanUpObject } from '../operations/background/clean-up-object.ts';
import type { Log } from '../ports/log.ts';
import type { Home } from './home.ts';
import { uploadLimits } from './upload-limits.ts';

/** The AWS home as a server: S3, DynamoDB and SQS, whose jobs this process does itself. */
export async function openAwsHome(config: Config, storage: AwsStorageConfig, log: Log): Promise<Home> {
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  const context = composeAwsContext(config, storage, clients, log);
  const { deps } = context('');
  const worker = startSqsWorker(
    { client: clients.sqs, queueUrl: storage.jobsQueueUrl },
    (job) => cleanUpObject(deps, job),
    log,
  );
  return {
    data: `in the bucket ${storage.bucket} and the table ${storage.tables.images}`,
    contextFor: context,
    async close() {
      await worker.stop();
      destroyAwsClients(clients);
    },
  };
}

/** The application's parts over AWS clients, by the URL at which callers reach us. */
export function composeAwsContext(
  config: Config,
  { bucket, tables, jobsQueueUrl, listingShards }: AwsStorageConfig,
  clients: AwsClients,
  log: Log,
): (publicUrl: string) => AppContext {
  const objects = new S3ObjectStore({
    client: clients.s3,
    bucket,
    urlWindowSeconds: config.urlExpiresSeconds,
  });
  const index = new DynamoImageIndex({
    client: clients.dynamodb,
    tables,
    bucket,
    shards: createShardCount(clients.dynamodb, tables.listings, listingShards, Date.now),
    pause: (milliseconds) => pause(milliseconds),
  });
  const deps: AppContext['deps'] = {
    index,
    objects,
    jobs: createSqsJobQueue({ client: clients.sqs, queueUrl: jobsQueueUrl }),
    clock: createRecordClock(0),
    log,
    pageTokens: createSigner(config.signingSecrets, 'page-tokens'),
    limits: uploadLimits(config),
    urlExpiresSeconds: config.urlExpiresSeconds,
  };
  return (publicUrl) => ({
    deps,
    publicUrl,
    async checkReady() {
      await Promise.all([index.check(), objects.check()]);
    },
    localOnly: config.localOnly,
  });
}
