import type { CountedUser, UsageWalk } from '../../ports/usage-walk.ts';
import { QUOTA_PREFIX, usageFromItem } from './dynamo-quota-ledger.ts';
import { ledgerFailure } from './failures.ts';
import { type PacedScanOptions, pacedScan } from './paced-scan.ts';

/** Idempotency keys are in the same table, and passed over. */
const QUOTAS_ONLY = {
  FilterExpression: 'begins_with(#pk, :prefix)',
  ExpressionAttributeNames: { '#pk': 'pk' },
  ExpressionAttributeValues: { ':prefix': { S: QUOTA_PREFIX } },
};

/** The counters in the table `ledger`, one user's after another. */
export class DynamoUsageWalk implements UsageWalk {
  readonly #options: PacedScanOptions;

  constructor(options: PacedScanOptions) {
    this.#options = options;
  }

  async *walk(): AsyncGenerator<CountedUser> {
    for await (const item of pacedScan(this.#options, QUOTAS_ONLY, ledgerFailure)) {
      const { images, bytes } = usageFromItem(item);
      yield { user_id: item['user_id']?.S ?? '', images, bytes };
    }
  }
}
