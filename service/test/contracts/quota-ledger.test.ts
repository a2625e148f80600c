import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { DynamoQuotaLedger } from '../../src/drivers/aws/dynamo-quota-ledger.ts';
import { DynamoUsageWalk } from '../../src/drivers/aws/dynamo-usage-walk.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemoryQuotaLedger } from '../../src/drivers/memory/memory-quota-ledger.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeFailedQuotaLedger, describeQuotaLedger } from './quota-ledger.contract.ts';

describeQuotaLedger('memory', async () => {
  const quotas = createMemoryQuotaLedger();
  return { quotas, usages: quotas, index: createMemoryImageIndex(), close: async () => {} };
});

async function openEmbedded() {
  const folder = await scratchFolder();
  const { quotas, usages, index, close } = await openStorage(folder.path, silentLog);
  return { quotas, usages, index, close: () => close().then(() => folder.remove()) };
}

describeQuotaLedger('SQLite', openEmbedded);

describeFailedQuotaLedger('SQLite', async () => {
  const { quotas, close } = await openEmbedded();
  await close();
  return quotas;
});

describeQuotaLedger(
  'DynamoDB',
  async () => {
    const { clients, storage, close } = await openInstallation();
    const { dynamodb: client } = clients;
    const { tables, bucket } = storage;
    const pause = async () => {};
    return {
      quotas: new DynamoQuotaLedger({ client, table: tables.ledger }),
      usages: new DynamoUsageWalk({ client, table: tables.ledger, unitsPerSecond: 1000, pause }),
      index: new DynamoImageIndex({ client, tables, bucket, shards: async () => 4, pause }),
      close,
    };
  },
  { records: 1, rounds: 0.3 },
);

describeFailedQuotaLedger('DynamoDB', async () => {
  const { clients } = await openInstallation();
  return new DynamoQuotaLedger({ client: clients.dynamodb, table: 'no-such-table' });
});
