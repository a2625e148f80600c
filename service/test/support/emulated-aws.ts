import { readConfig } from '../../src/config/config.ts';
import type { AwsStorageConfig } from '../../src/config/storage.ts';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import { setUpAws } from '../../src/drivers/aws/set-up.ts';
import { createSqsClient } from '../../src/drivers/aws/sqs-client.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { type DynamoDbEmulator, startDynamoDb } from '../emulators/dynamodb/dynamodb.ts';
import { type S3Emulator, startS3 } from '../emulators/s3/s3.ts';

/** The AWS home's parts on emulators in this process, set up and empty. */
export interface AwsOnEmulators {
  readonly dynamodb: DynamoDbEmulator;
  readonly s3: S3Emulator;
  readonly clients: AwsClients;
  readonly storage: AwsStorageConfig;
  /** The environment with which a process of its own finds them. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export async function startAwsOnEmulators(): Promise<AwsOnEmulators> {
  const dynamodb = await startDynamoDb();
  const s3 = await startS3();
  const settings = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
  const endpoints = { dynamodb: dynamodb.endpoint, s3: s3.endpoint };
  const clients = createAwsClients({ ...settings, endpoints, s3PathStyle: true });
  const sqs = createSqsClient({ ...settings, endpoint: s3.sqsEndpoint });
  const tables = {
    images: 'tintype-images',
    listings: 'tintype-listings',
    ledger: 'tintype-ledger',
    audit: 'tintype-audit',
  };
  const wanted = { tables, bucket: 'images', queue: 'jobs', shards: 4 };
  const queueUrl = await setUpAws({ ...clients, sqs }, wanted, () => {});
  sqs.destroy();
  const environment = {
    STORAGE: 'aws',
    SIGNING_SECRET: 'a secret for tests of 32 letters',
    IMAGES_BUCKET: wanted.bucket,
    JOBS_QUEUE_URL: queueUrl,
    LISTING_SHARDS: '4',
    AWS_REGION: EMULATOR_REGION,
    AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_SQS: s3.sqsEndpoint,
  };
  const { storage } = readConfig(environment);
  if (storage.kind !== 'aws') throw new Error('The environment of the emulators is that of the AWS home.');
  return {
    dynamodb,
    s3,
    clients,
    storage: { ...storage, s3PathStyle: true },
    environment,
    async stop() {
      destroyAwsClients(clients);
      await Promise.all([dynamodb.stop(), s3.stop()]);
    },
  };
}
