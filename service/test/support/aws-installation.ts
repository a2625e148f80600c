import { afterAll } from 'vitest';
import type { AwsStorageConfig } from '../../src/config/storage.ts';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import { setUpAws } from '../../src/drivers/aws/set-up.ts';
import { createSqsClient } from '../../src/drivers/aws/sqs-client.ts';
import { createSqsJobQueue } from '../../src/drivers/aws/sqs-job-queue.ts';
import type { JobQueue } from '../../src/ports/job-queue.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { startDynamoDb } from '../emulators/dynamodb/dynamodb.ts';
import { startS3 } from '../emulators/s3/s3.ts';

/** A bucket, tables and a queue of its own, on emulators that a test file's installations share. */
export interface AwsInstallation {
  readonly clients: AwsClients;
  readonly jobs: JobQueue;
  readonly storage: AwsStorageConfig;
  readonly bucketUrl: string;
}

let running: ReturnType<typeof startEmulators> | undefined;
let opened = 0;

/** An empty installation. The emulators start with a file's first and stop at the end of the file. */
export async function openInstallation(): Promise<AwsInstallation> {
  running ??= startEmulators();
  const { clients, sqs, endpoint } = await running;
  const name = `home-${++opened}`;
  const storage = {
    bucket: name,
    tables: {
      images: `${name}-images`,
      listings: `${name}-listings`,
      ledger: `${name}-ledger`,
      audit: `${name}-audit`,
    },
    listingShards: 4,
  };
  const wanted = { bucket: name, tables: storage.tables, queue: name, shards: storage.listingShards };
  const queueUrl = await setUpAws({ ...clients, sqs }, wanted, () => {});
  return {
    clients,
    jobs: createSqsJobQueue({ client: sqs, queueUrl }),
    storage: {
      kind: 'aws',
      ...storage,
      jobsQueueUrl: queueUrl,
      cursorSecretArn: undefined,
      s3PathStyle: true,
    },
    bucketUrl: `${endpoint}/${name}`,
  };
}

afterAll(async () => (await running)?.stop());

async function startEmulators() {
  const [dynamodb, s3] = await Promise.all([startDynamoDb(), startS3()]);
  const settings = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
  const endpoints = { dynamodb: dynamodb.endpoint, s3: s3.endpoint };
  const clients = createAwsClients({ ...settings, endpoints, s3PathStyle: true });
  const sqs = createSqsClient({ ...settings, endpoint: s3.sqsEndpoint });
  return {
    clients,
    sqs,
    endpoint: s3.endpoint,
    async stop() {
      destroyAwsClients(clients);
      sqs.destroy();
      await Promise.all([dynamodb.stop(), s3.stop()]);
    },
  };
}
