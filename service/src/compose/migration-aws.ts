import { setTimeout as pause } from 'node:timers/promises';
import { loadAwsPlace } from '../config/migration.ts';
import { createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageIndex } from '../drivers/aws/dynamo-image-index.ts';
import { DynamoImageWalk } from '../drivers/aws/dynamo-image-walk.ts';
import { DynamoQuotaLedger } from '../drivers/aws/dynamo-quota-ledger.ts';
import { DynamoUsageWalk } from '../drivers/aws/dynamo-usage-walk.ts';
import { S3ObjectStore } from '../drivers/aws/s3-object-store.ts';
import { createShardCount } from '../drivers/aws/shard-count.ts';
import type { MigrationTarget } from '../operations/maintenance/migrate-images.ts';
import { recountUsage } from '../operations/maintenance/recount-usage.ts';
import type { OpenedSide } from './migration-side.ts';

/** Far below what an on-demand table takes from its first minute (12,000), so that requests go on. */
const WALK_UNITS_PER_SECOND = 1000;

/** The AWS home that the environment names, as either side of a migration. */
export async function openAwsSide(): Promise<OpenedSide<MigrationTarget>> {
  const { bucket, tables, listingShards, s3PathStyle } = loadAwsPlace();
  const clients = createAwsClients({ s3PathStyle });
  const client = clients.dynamodb;
  const wait = (milliseconds: number) => pause(milliseconds);
  const shards = createShardCount(client, tables.listings, listingShards, Date.now);
  const index = new DynamoImageIndex({ client, tables, bucket, shards, pause: wait });
  // Nobody is given URLs, so the window of theirs does not matter.
  const objects = new S3ObjectStore({ client: clients.s3, bucket, urlWindowSeconds: 3600 });
  const walk = new DynamoImageWalk({
    client,
    table: tables.images,
    unitsPerSecond: WALK_UNITS_PER_SECOND,
    pause: wait,
  });
  const usages = new DynamoUsageWalk({
    client,
    table: tables.ledger,
    unitsPerSecond: WALK_UNITS_PER_SECOND,
    pause: wait,
  });
  const mend = new DynamoQuotaLedger({ client, table: tables.ledger });
  // Records that are moved here are counted by no upload: users' quotas are, in the end.
  const afterwards = async () => {
    await recountUsage({ walk, usages }, { mend, settle: async () => {} });
  };
  return { parts: { index, walk, objects }, afterwards, close: async () => destroyAwsClients(clients) };
}
