import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createSigner, type Signer } from '../domain/signing.ts';
import type { AwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { uploadLimits } from './upload-limits.ts';

/** What the AWS home is made of, beside its configuration. */
export interface AwsParts {
  readonly clients: AwsClients;
  readonly jobs: JobQueue;
  readonly log: Log;
  /** What signs URLs where the configuration has an edge; a process that gives out none needs none. */
  readonly presignRead?: ObjectStore['presignRead'] | undefined;
}

/** The application's parts over S3 and DynamoDB, by the URL at which callers reach us. */
export function composeOverAws(
  config: Config,
  { bucket, tables, listingShards, cdn }: AwsStorageConfig,
  { clients, jobs, log, presignRead }: AwsParts,
): (publicUrl: string) => AppContext {
  const objects = new S3ObjectStore({
    client: clients.s3,
    bucket,
    urlWindowSeconds: config.urlExpiresSeconds,
    presignRead: presignRead ?? (cdn && refuseToPresign),
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
    jobs,
    clock: createRecordClock(0),
    log,
    pageTokens: pageTokensOf(config),
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

/** A function that lists nothing is given no secret; nothing in it can sign, then. */
function pageTokensOf({ signingSecrets }: Config): Signer {
  if (signingSecrets.length > 0) return createSigner(signingSecrets, 'page-tokens');
  const refuse = () => {
    throw new Error('This process was given no secret to sign page keys with.');
  };
  return { sign: refuse, verify: refuse };
}

/** Behind an edge nobody is sent to S3 by mistake. */
async function refuseToPresign(): Promise<never> {
  throw new Error('This process was given no key to sign URLs of CloudFront with.');
}
