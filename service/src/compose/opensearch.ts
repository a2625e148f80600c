import { setTimeout as pause } from 'node:timers/promises';
import type { SearchConfig } from '../config/search.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import type { AwsClients } from '../drivers/aws/clients.ts';
import { DynamoImageRecords } from '../drivers/aws/dynamo-image-records.ts';
import { OpenSearchClient } from '../drivers/opensearch/opensearch-client.ts';
import { OpenSearchIndex } from '../drivers/opensearch/opensearch-search-index.ts';
import { OpenSearchWriter } from '../drivers/opensearch/opensearch-search-writer.ts';
import type { SearchFeed } from '../operations/background/sync-search.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { SearchIndex } from '../ports/search-index.ts';
import type { RebuiltSearch } from '../ports/search-writer.ts';
import { measuredSearch } from './observed/measured-search.ts';

/** Somebody waits: both tries, and the look at what was found, end within list-images' 10 seconds. */
const SEARCH = { timeoutMs: 3_000, tries: 2 };

/** Nobody waits for what is written, and a batch may be large. */
const WRITE = { timeoutMs: 10_000, tries: 3 };

/** What finds images, for processes that search. @param metrics where nobody else measures it. */
export function openSearchIndex(
  search: SearchConfig,
  clients: Pick<AwsClients, 'dynamodb'>,
  metrics?: Metrics,
): SearchIndex {
  const index = new OpenSearchIndex({ client: clientOf(search, clients, SEARCH), index: search.index });
  return metrics ? measuredSearch(index, metrics) : index;
}

/** What keeps the index, for processes that do. */
export function openSearchWriter(search: SearchConfig, clients: Pick<AwsClients, 'dynamodb'>): RebuiltSearch {
  return new OpenSearchWriter({ client: clientOf(search, clients, WRITE), index: search.index });
}

/** What keeps the index as the records say. */
export function openSearchFeed(
  { tables }: Pick<AwsStorageConfig, 'tables'>,
  search: SearchConfig,
  { dynamodb: client }: Pick<AwsClients, 'dynamodb'>,
): SearchFeed & { readonly writer: RebuiltSearch } {
  const wait = (milliseconds: number) => pause(milliseconds);
  return {
    records: new DynamoImageRecords({ client, table: tables.images, pause: wait }),
    writer: openSearchWriter(search, { dynamodb: client }),
  };
}

/** Region and credentials are those that the SDK has found for DynamoDB. */
function clientOf(
  { url, signed }: SearchConfig,
  { dynamodb }: Pick<AwsClients, 'dynamodb'>,
  patience: typeof SEARCH,
): OpenSearchClient {
  const { region, credentials } = dynamodb.config;
  return new OpenSearchClient({ url, signing: signed ? { region, credentials } : undefined, ...patience });
}
