import { DescribeTableCommand, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { ImageRecord } from '../../domain/image.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import { indexFailure } from './failures.ts';
import { type Item, recordFromItem } from './image-item.ts';
import type { Pause } from './transaction.ts';

export interface DynamoImageWalkOptions {
  readonly client: DynamoDBClient;
  /** The table of the records. */
  readonly table: string;
  /** Read units a second that the walk may take from those that requests need. */
  readonly unitsPerSecond: number;
  readonly pause: Pause;
}

/** Records of a page: of usual ones 1 KB each, some 100 units at once. */
const PAGE = 400;

/** A Scan at a bounded rate: strongly consistent, so that a run right after another misses nothing. */
export class DynamoImageWalk implements ImageWalk {
  readonly #options: DynamoImageWalkOptions;

  constructor(options: DynamoImageWalkOptions) {
    this.#options = options;
  }

  async *walk(): AsyncGenerator<ImageRecord> {
    let last: Item | undefined;
    do {
      const page = await this.#page(last);
      for (const item of page.items) yield recordFromItem(item);
      last = page.last;
      if (last) await this.#options.pause((page.units / this.#options.unitsPerSecond) * 1000);
    } while (last);
  }

  /** DynamoDB counts every six hours or so. */
  async estimate(): Promise<number> {
    const { client, table } = this.#options;
    try {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.ItemCount ?? 0;
    } catch (error) {
      throw indexFailure(error);
    }
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
          ...(after ? { ExclusiveStartKey: after } : {}),
        }),
      );
      const units = answer.ConsumedCapacity?.CapacityUnits ?? 0;
      return { items: answer.Items ?? [], last: answer.LastEvaluatedKey, units };
    } catch (error) {
      throw indexFailure(error);
    }
  }
}
