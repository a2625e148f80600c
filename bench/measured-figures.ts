import { fileURLToPath } from 'node:url';
import type { AwsInstallation } from '../service/test/support/make-installation.ts';
import { measureCosts, type OperationCost, TAG_COUNTS } from './cost-of-operations.ts';
import { type StoredBytes, storedBytes, storedEventBytes } from './stored-bytes.ts';

/** Where `npm run bench:cost -- --write` puts what it has measured, and `tintype cost` reads it. */
export const FIGURES_FILE = fileURLToPath(new URL('../cli/src/cost/measured.json', import.meta.url));

export interface MeasuredFigures {
  readonly listing_shards: number;
  readonly operations: Readonly<Record<string, Omit<OperationCost, 'operation'>>>;
  /** By number of tags. */
  readonly stored_bytes: Readonly<Record<string, StoredBytes>>;
  /** Of one event of the audit, in the table or in its index. */
  readonly stored_event_bytes: number;
}

/** All that the bill is made from, measured now. */
export async function measureFigures(aws: AwsInstallation): Promise<MeasuredFigures> {
  const costs = await measureCosts(aws);
  return {
    listing_shards: aws.storage.listingShards,
    operations: Object.fromEntries(costs.map(({ operation, ...consumed }) => [operation, consumed])),
    stored_bytes: Object.fromEntries(TAG_COUNTS.map((tags) => [tags, storedBytes(tags)])),
    stored_event_bytes: storedEventBytes(),
  };
}
