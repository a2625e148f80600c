import { readConfig } from '../../src/config/config.ts';
import type { AwsStorageConfig } from '../../src/config/storage.ts';
import { setUpAws } from '../../src/drivers/aws/set-up.ts';
import { createSqsJobQueue, type SqsJobQueue } from '../../src/drivers/aws/sqs-job-queue.ts';
import type { TableNames } from '../../src/drivers/aws/tables.ts';
import type { AllClients, AwsBackends } from './aws-backends.ts';
import type { AwsPlaces } from './aws-environment.ts';

/** A bucket, tables and a queue: an installation of the AWS home, and all that is needed to use it. */
export interface AwsInstallation {
  readonly clients: AllClients;
  readonly places: AwsPlaces;
  readonly endpoints: AwsBackends['endpoints'];
  readonly jobs: SqsJobQueue;
  readonly storage: AwsStorageConfig;
  /** What URLs of its objects begin with. */
  readonly bucketUrl: string;
  /** The environment with which a process of its own finds all of this. */
  readonly environment: Readonly<Record<string, string>>;
}

const SHARDS = 4;

/** The names of an installation's tables. */
export function tablesOf(name: string): TableNames {
  return {
    images: `${name}-images`,
    listings: `${name}-listings`,
    ledger: `${name}-ledger`,
    audit: `${name}-audit`,
  };
}

/** Makes what is not there yet of an installation. */
export async function makeInstallation(
  backends: AwsBackends,
  { name, queue }: { readonly name: string; readonly queue: string },
): Promise<AwsInstallation> {
  const tables = tablesOf(name);
  const wanted = { bucket: name, tables, queue, shards: SHARDS };
  const queueUrl = await setUpAws(backends.clients, wanted, () => {});
  const environment = {
    STORAGE: 'aws',
    SIGNING_SECRET: 'a secret for tests of 32 letters',
    IMAGES_BUCKET: name,
    IMAGES_TABLE: tables.images,
    LISTINGS_TABLE: tables.listings,
    LEDGER_TABLE: tables.ledger,
    AUDIT_TABLE: tables.audit,
    JOBS_QUEUE_URL: queueUrl,
    LISTING_SHARDS: String(SHARDS),
    ...(await backends.sdkEnvironment()),
  };
  const { storage } = readConfig(environment);
  if (storage.kind !== 'aws') throw new Error('The environment of an installation is that of the AWS home.');
  const { clients, places, endpoints, region } = backends;
  const { s3 } = endpoints;
  return {
    clients,
    places,
    endpoints,
    jobs: createSqsJobQueue({ client: clients.sqs, queueUrl }),
    storage,
    bucketUrl: s3 === undefined ? `https://${name}.s3.${region}.amazonaws.com` : `${s3}/${name}`,
    environment,
  };
}
