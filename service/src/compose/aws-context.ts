import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createSigner, type Signer } from '../domain/signing.ts';
import type { AwsClients } from '../drivers/aws/clients.ts';
import { DynamoIdempotencyKeys } from '../drivers/aws/dynamo-idempotency-keys.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { DynamoQuotaLedger } from '../drivers/aws/dynamo-quota-ledger.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { UploadStore } from '../ports/upload-store.ts';
import { uploadLimits } from './upload-limits.ts';

/** What the AWS home is made of, beside its configuration. */
export interface AwsParts {
  readonly clients: AwsClients;
  readonly jobs: JobQueue;
  readonly log: Log;
  /** What signs URLs where the configuration has an edge; a process that gives out none needs none. */
  readonly presignRead?: ObjectStore['presignRead'] | undefined;
  /** For processes that have to do with direct uploads. */
  readonly uploads?: UploadStore | undefined;
  /** The largest image that a request itself can carry here, if it is less than the largest of all. */
  readonly maxInlineBytes?: number | undefined;
}

/** The application's parts over S3 and DynamoDB, by the URL at which callers reach us. */
export function composeOverAws(
  config: Config,
  { bucket, tables, listingShards, cdn }: AwsStorageConfig,
  { clients, jobs, log, presignRead, uploads = NO_UPLOADS, maxInlineBytes }: AwsParts,
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
    uploads,
    jobs,
    keys: new DynamoIdempotencyKeys({ client: clients.dynamodb, table: tables.ledger }),
    quotas: new DynamoQuotaLedger({ client: clients.dynamodb, table: tables.ledger }),
    clock: createRecordClock(0),
    log,
    pageTokens: pageTokensOf(config),
    limits: uploadLimits(config, maxInlineBytes),
    quotaLimits: config.quotaLimits,
    urlExpiresSeconds: config.urlExpiresSeconds,
    uploadExpiresSeconds: config.uploadExpiresSeconds,
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

/** A function that has nothing to do with direct uploads has none of their code. */
const NO_UPLOADS = new Proxy({} as UploadStore, {
  get() {
    throw new Error('This process was given no store of uploads.');
  },
});

/** Behind an edge nobody is sent to S3 by mistake. */
async function refuseToPresign(): Promise<never> {
  throw new Error('This process was given no key to sign URLs of CloudFront with.');
}
