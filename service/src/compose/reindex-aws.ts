import { setTimeout as pause } from 'node:timers/promises';
import type { AwsStorageConfig } from '../config/storage.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { type AwsClients, createAwsClients, destroyAwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageWalk } from '../drivers/aws/dynamo-image-walk.ts';
import {
  type Reindexing,
  type ReindexReport,
  reindexImages,
} from '../operations/maintenance/reindex-images.ts';
import { openSearchFeed } from './opensearch.ts';

/** As other commands walk: far below what an on-demand table takes, so that requests go on. */
const WALK_UNITS_PER_SECOND = 1000;

/** Makes the search index of the environment's AWS home anew, while it serves. */
export async function reindexAws(storage: AwsStorageConfig, report: ReindexReport): Promise<Reindexing> {
  const clients = createAwsClients({ s3PathStyle: storage.s3PathStyle });
  try {
    return await reindexOverAws(storage, clients, report);
  } finally {
    destroyAwsClients(clients);
  }
}

/** The same with clients that are there already. */
export function reindexOverAws(
  storage: AwsStorageConfig,
  { dynamodb: client }: Pick<AwsClients, 'dynamodb'>,
  report: ReindexReport,
): Promise<Reindexing> {
  const { search, tables } = storage;
  if (!search) {
    throw new OperatorError(
      'OPENSEARCH_URL must be the URL of the OpenSearch whose index is to be made anew.',
    );
  }
  const walk = new DynamoImageWalk({
    client,
    table: tables.images,
    unitsPerSecond: WALK_UNITS_PER_SECOND,
    pause: (milliseconds) => pause(milliseconds),
  });
  const { records, writer } = openSearchFeed(storage, search, { dynamodb: client });
  return reindexImages({ walk, records, search: writer }, report);
}
