import { setTimeout as pause } from 'node:timers/promises';
import type { AwsStorageConfig } from '../config/storage.ts';
import { createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageWalk } from '../drivers/aws/dynamo-image-walk.ts';
import { DynamoQuotaLedger } from '../drivers/aws/dynamo-quota-ledger.ts';
import { DynamoUsageWalk } from '../drivers/aws/dynamo-usage-walk.ts';
import type { MaintainedHome } from './maintained-home.ts';

/** Far below what an on-demand table takes from its first minute (12,000), so that requests go on. */
const WALK_UNITS_PER_SECOND = 1000;

/** No function behind the API runs for longer. */
const LONGEST_REQUEST_MS = 30_000;

/** The AWS home of the environment, for a command. */
export async function openAwsMaintenance({ tables, s3PathStyle }: AwsStorageConfig): Promise<MaintainedHome> {
  const clients = createAwsClients({ s3PathStyle });
  const { dynamodb: client } = clients;
  const scan = { client, unitsPerSecond: WALK_UNITS_PER_SECOND, pause: (ms: number) => pause(ms) };
  const quotas = new DynamoQuotaLedger({ client, table: tables.ledger });
  return {
    quotas,
    writable: quotas,
    walk: new DynamoImageWalk({ ...scan, table: tables.images }),
    usages: new DynamoUsageWalk({ ...scan, table: tables.ledger }),
    longestRequestMs: LONGEST_REQUEST_MS,
    close: async () => destroyAwsClients(clients),
  };
}
