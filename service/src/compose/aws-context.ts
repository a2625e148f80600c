import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createSigner, type Signer } from '../domain/signing.ts';
import type { AwsClients } from '../drivers/aws/clients.ts';
import { DynamoAuditTrail } from '../drivers/aws/dynamo-audit-trail.ts';
import { DynamoIdempotencyKeys } from '../drivers/aws/dynamo-idempotency-keys.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { DynamoJobOutbox } from '../drivers/aws/dynamo-job-outbox.ts';
import { DynamoQuotaLedger } from '../drivers/aws/dynamo-quota-ledger.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import type { SqsJobQueue } from '../drivers/aws/sqs-job-queue.ts';
import { createRecordClock } from '../drivers/system/record-clock.ts';
import type { AppContext } from '../http/context.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Renderer } from '../ports/renderer.ts';
import type { SearchIndex } from '../ports/search-index.ts';
import type { ShareLinks } from '../ports/share-links.ts';
import type { UploadStore } from '../ports/upload-store.ts';
import { announcedChanges } from './announced-changes.ts';
import { statusOnArrival } from './arrival.ts';
import type { openAwsLinks } from './aws-links.ts';
import type { openAwsWebhooks } from './aws-webhooks.ts';
import type { Doors } from './doors.ts';
import { keepingOf } from './keeping.ts';
import type { searchedChanges } from './searched-changes.ts';
import { uploadLimits } from './upload-limits.ts';

/** What the AWS home is made of, beside its configuration. */
export interface AwsParts {
  readonly clients: AwsClients;
  readonly jobs: SqsJobQueue;
  readonly log: Log;
  /** What signs URLs where the configuration has an edge; a process that gives out none needs none. */
  readonly presignRead?: ObjectStore['presignRead'] | undefined;
  /** For processes that have to do with direct uploads. */
  readonly uploads?: UploadStore | undefined;
  /** For processes that decode images. */
  readonly renderer?: Renderer | undefined;
  /** For processes that find images by their texts, where the configuration has a search. */
  readonly search?: SearchIndex | undefined;
  /** Where the table has no stream by which searches see changes: has changes queue the jobs that do as much. */
  readonly searchedChanges?: typeof searchedChanges | undefined;
  /** For processes that have to do with share links. */
  readonly openLinks?: typeof openAwsLinks | undefined;
  /** For processes that have to do with webhooks. */
  readonly openWebhooks?: typeof openAwsWebhooks | undefined;
  /** The largest image that a request itself can carry here, if it is less than the largest of all. */
  readonly maxInlineBytes?: number | undefined;
}

/** The application's parts, by the URL at which callers reach us, and what goes with their jobs. */
export interface AwsHome {
  readonly contextFor: (publicUrl: string) => Omit<AppContext, keyof Doors>;
  readonly outbox: DynamoJobOutbox;
}

/** The application's parts over S3 and DynamoDB, by the URL at which callers reach us. */
export function composeOverAws(
  config: Config,
  { bucket, tables, listingShards, cdn }: AwsStorageConfig,
  {
    clients,
    jobs,
    log,
    presignRead,
    uploads = notGiven<UploadStore>('store of uploads'),
    renderer = notGiven<Renderer>('renderer'),
    search,
    searchedChanges: queueing,
    openLinks,
    openWebhooks,
    maxInlineBytes,
  }: AwsParts,
): AwsHome {
  const clock = createRecordClock(0);
  const objects = new S3ObjectStore({
    client: clients.s3,
    bucket,
    urlWindowSeconds: config.urlExpiresSeconds,
    presignRead: presignRead ?? (cdn && refuseToPresign),
    clockAheadMs: () => clock.now() - (clock.machine?.() ?? clock.now()),
  });
  const { dynamodb: client } = clients;
  const shards = createShardCount(client, tables.listings, listingShards);
  const send: SqsJobQueue['enqueue'] = (job, noted) => jobs.enqueue(job, noted);
  const outbox = new DynamoJobOutbox({ client, table: tables.listings, shards, send, log });
  const audit = new DynamoAuditTrail({
    client,
    table: tables.audit,
    shardsToWrite: listingShards,
    shardsToRead: shards,
    days: config.auditDays,
  });
  const wait = (milliseconds: number) => pause(milliseconds);
  const plainIndex = new DynamoImageIndex({ client, tables, bucket, shards, pause: wait, outbox, audit });
  const searched = queueing ? queueing(plainIndex) : plainIndex;
  const index = announcedChanges(searched, config.webhooks, clock);
  const webhooks = openWebhooks?.(config.webhooks, { client, table: tables.listings, pause: wait, log });
  const deps: AppContext['deps'] = {
    index,
    search,
    objects,
    uploads,
    renderer,
    renderings: new Map(),
    rendersOnMiss: cdn?.renders ?? false,
    jobs,
    keys: new DynamoIdempotencyKeys({ client: clients.dynamodb, table: tables.ledger }),
    quotas: new DynamoQuotaLedger({ client: clients.dynamodb, table: tables.ledger }),
    audit,
    links:
      openLinks?.({ client, table: tables.listings, pause: wait, audit }) ??
      notGiven<ShareLinks>('share links'),
    webhooks: config.webhooks === 'off' ? undefined : webhooks,
    clock,
    log,
    pageTokens: pageTokensOf(config),
    limits: uploadLimits(config, maxInlineBytes),
    statusOnArrival: statusOnArrival(config),
    ...keepingOf(config),
    quotaLimits: config.quotaLimits,
    urlExpiresSeconds: config.urlExpiresSeconds,
    uploadExpiresSeconds: config.uploadExpiresSeconds,
  };
  return {
    outbox,
    contextFor: (publicUrl) => ({
      deps,
      publicUrl,
      async checkReady() {
        await Promise.all([index.check(), objects.check()]);
      },
    }),
  };
}

/** A function that lists nothing is given no secret; nothing in it can sign, then. */
function pageTokensOf({ signingSecrets }: Config): Signer {
  if (signingSecrets.length > 0) return createSigner(signingSecrets, 'page-tokens');
  const refuse = () => {
    throw new Error('This process was given no secret to sign page keys with.');
  };
  return { sign: refuse, verify: refuse };
}

/** A function that has nothing to do with a part has none of its code. */
function notGiven<Part extends object>(what: string): Part {
  return new Proxy({} as Part, {
    get() {
      throw new Error(`This process was given no ${what}.`);
    },
  });
}

/** Behind an edge nobody is sent to S3 by mistake. */
async function refuseToPresign(): Promise<never> {
  throw new Error('This process was given no key to sign URLs of CloudFront with.');
}
