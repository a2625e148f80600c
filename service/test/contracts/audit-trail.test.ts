import { DynamoAuditTrail } from '../../src/drivers/aws/dynamo-audit-trail.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { createMemoryAuditTrail } from '../../src/drivers/memory/memory-audit-trail.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeAuditTrail, describeFailedAuditTrail } from './audit-trail.contract.ts';
import { SLOW_SCALE } from './scale.ts';

describeAuditTrail('memory', async () => {
  const audit = createMemoryAuditTrail();
  return { audit, index: createMemoryImageIndex(undefined, audit), close: async () => {} };
});

async function openEmbedded() {
  const folder = await scratchFolder();
  const { audit, index, close } = await openStorage(folder.path, silentLog);
  return { audit, index, close: () => close().then(() => folder.remove()) };
}

describeAuditTrail('SQLite', openEmbedded);

describeFailedAuditTrail('SQLite', async () => {
  const { audit, close } = await openEmbedded();
  await close();
  return audit;
});

const SHARDS = { shardsToWrite: 3, shardsToRead: async () => 4 };

describeAuditTrail(
  'DynamoDB',
  async () => {
    const { clients, storage, close } = await openInstallation();
    const { dynamodb: client } = clients;
    const { tables, bucket } = storage;
    // The emulators let go of what has expired: what a test has written must not have.
    const audit = new DynamoAuditTrail({ client, table: tables.audit, ...SHARDS, days: 36_500 });
    const pause = async () => {};
    const index = new DynamoImageIndex({ client, tables, bucket, shards: async () => 4, pause, audit });
    return { audit, index, close };
  },
  SLOW_SCALE,
);

describeFailedAuditTrail('DynamoDB', async () => {
  const { clients } = await openInstallation();
  const { dynamodb: client } = clients;
  return new DynamoAuditTrail({ client, table: 'no-such-table', ...SHARDS, days: 365 });
});
