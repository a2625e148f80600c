import { afterAll, beforeAll } from 'vitest';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { makeTables } from '../../src/drivers/aws/set-up.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { type DynamoDbEmulator, startDynamoDb } from '../emulators/dynamodb/dynamodb.ts';
import { describeImageIndex } from './image-index.contract.ts';

let emulator: DynamoDbEmulator;
let clients: AwsClients;
let opened = 0;

beforeAll(async () => {
  emulator = await startDynamoDb();
  clients = createAwsClients({
    region: EMULATOR_REGION,
    credentials: EMULATOR_CREDENTIALS,
    endpoints: { dynamodb: emulator.endpoint },
    s3PathStyle: true,
  });
});

afterAll(async () => {
  destroyAwsClients(clients);
  await emulator.stop();
});

describeImageIndex('DynamoDB', async () => {
  opened++;
  const tables = {
    images: `images-${opened}`,
    listings: `listings-${opened}`,
    ledger: `ledger-${opened}`,
    audit: `audit-${opened}`,
  };
  await makeTables(clients.dynamodb, tables, () => {});
  const index = new DynamoImageIndex({
    client: clients.dynamodb,
    tables,
    bucket: 'images',
    shards: async () => 4,
    pause: async () => {},
  });
  return { index, close: async () => {} };
});
