import { expect, onTestFinished, test } from 'vitest';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { DynamoImageWalk } from '../../src/drivers/aws/dynamo-image-walk.ts';
import { DynamoQuotaLedger } from '../../src/drivers/aws/dynamo-quota-ledger.ts';
import { DynamoUsageWalk } from '../../src/drivers/aws/dynamo-usage-walk.ts';
import { recountUsage } from '../../src/operations/maintenance/recount-usage.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { sampleRecord } from '../support/sample-record.ts';

const UNLIMITED = { max_images: null, max_bytes: null };

test('what failures have left in the ledger is put right by the records, and limits go by it', async () => {
  const { clients, storage, close } = await openInstallation();
  onTestFinished(close);
  const { dynamodb: client } = clients;
  const { tables, bucket } = storage;
  const scan = { client, unitsPerSecond: 1000, pause: async () => {} };
  const quotas = new DynamoQuotaLedger({ client, table: tables.ledger });
  const index = new DynamoImageIndex({ ...scan, tables, bucket, shards: async () => 4 });
  const walk = new DynamoImageWalk({ ...scan, table: tables.images });
  const usages = new DynamoUsageWalk({ ...scan, table: tables.ledger });
  await quotas.setLimits('alice', { max_images: 3, max_bytes: undefined });
  for (const size_bytes of [10, 20]) {
    await index.insert(sampleRecord({ user_id: 'alice', size_bytes }));
    await quotas.reserve('alice', { images: 1, bytes: size_bytes }, UNLIMITED);
  }
  // An upload that was counted, and whose function ended before it could give that back.
  await quotas.reserve('alice', { images: 1, bytes: 500 }, UNLIMITED);
  // Records that came otherwise, as by a migration.
  await index.insert(sampleRecord({ user_id: 'a#b/%', size_bytes: 7 }));

  const recount = await recountUsage({ walk, usages }, { settle: async () => {}, mend: quotas });
  expect(recount).toMatchObject({ users: 2, images: 3, unsettled: [] });
  expect(recount.wrong.map(({ user_id, mended }) => [user_id, mended]).sort()).toEqual([
    ['a#b/%', true],
    ['alice', true],
  ]);
  expect(await quotas.usageOf('alice')).toMatchObject({ images: 2, bytes: 30 });
  expect(await quotas.usageOf('a#b/%')).toMatchObject({ images: 1, bytes: 7 });
  await quotas.reserve('alice', { images: 1, bytes: 1 }, UNLIMITED);
  await expect(quotas.reserve('alice', { images: 1, bytes: 1 }, UNLIMITED)).rejects.toThrow('0 are left');
});
