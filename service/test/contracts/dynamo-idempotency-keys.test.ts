import { DynamoIdempotencyKeys } from '../../src/drivers/aws/dynamo-idempotency-keys.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { describeIdempotencyKeys } from './idempotency-keys.contract.ts';

describeIdempotencyKeys('DynamoDB', async () => {
  const { clients, storage, close } = await openInstallation();
  const keys = new DynamoIdempotencyKeys({ client: clients.dynamodb, table: storage.tables.ledger });
  return { keys, close };
});
