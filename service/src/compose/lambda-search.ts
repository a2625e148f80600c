import { createAwsClients } from '../drivers/aws/clients.ts';
import type { SearchFeed } from '../operations/background/sync-search.ts';
import { functionConfig } from './lambda-config.ts';
import { openSearchFeed } from './opensearch.ts';

/** What keeps this function's search index, from its environment. Apart, so that no other function has its code. */
export function openFunctionSearchFeed(): SearchFeed | undefined {
  const { storage } = functionConfig();
  if (storage.kind !== 'aws' || !storage.search) return undefined;
  return openSearchFeed(storage, storage.search, createAwsClients({ s3PathStyle: storage.s3PathStyle }));
}
