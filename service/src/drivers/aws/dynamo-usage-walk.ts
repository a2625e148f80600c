import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { CountedUser, UsageWalk } from '../../ports/usage-walk.ts';
import { QUOTA_PREFIX, usageFromItem } from './dynamo-quota-ledger.ts';
import { ledgerFailure } from './failures.ts';
import type { Item } from './image-item.ts';
import type { Pause } from './transaction.ts';

export interface DynamoUsageWalkOptions {
  readonly client: DynamoDBClient;
  /** The table `ledger`. */
  readonly table: string;
  /** Read units a second that the walk may take from those that requests need. */
  readonly unitsPerSecond: number;
  readonly pause: Pause;
}

/** Items of a page, idempotency keys among them, which are passed over. */
const PAGE = 400;

/** A Scan at a bounded rate, strongly consistent. */
export class DynamoUsageWalk implements UsageWalk {
  readonly #options: DynamoUsageWalkOptions;

  constructor(options: DynamoUsageWalkOptions) {
    this.#options = options;
  }

  async *walk(): AsyncGenerator<CountedUser> {
    let last: Item | undefined;
    do {
      const page = await this.#page(last);
      for (const item of page.items) {
        const { images, bytes } = usageFromItem(item);
        yield { user_id: item['user_id']?.S ?? '', images, bytes };
      }
      last = page.last;
      if (last) await this.#options.pause((page.units / this.#options.unitsPerSecond) * 1000);
    } while (last);
  }

  async #page(after: Item | undefined) {
    const { client, table } = this.#options;
    try {
      const answer = await client.send(
        new ScanCommand({
          TableName: table,
          Limit: PAGE,
          ConsistentRead: true,
          ReturnConsumedCapacity: 'TOTAL',
          FilterExpression: 'begins_with(#pk, :prefix)',
          ExpressionAttributeNames: { '#pk': 'pk' },
          ExpressionAttributeValues: { ':prefix': { S: QUOTA_PREFIX } },
          ...(after ? { ExclusiveStartKey: after } : {}),
        }),
      );
      const units = answer.ConsumedCapacity?.CapacityUnits ?? 0;
      return { items: answer.Items ?? [], last: answer.LastEvaluatedKey, units };
    } catch (error) {
      throw ledgerFailure(error);
    }
  }
}
