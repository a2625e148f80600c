import { type DynamoDBClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import type { DomainError } from '../../domain/errors.ts';
import type { Item } from './image-item.ts';
import type { Pause } from './transaction.ts';

export interface PacedScanOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Read units a second that a walk may take from those that requests need. */
  readonly unitsPerSecond: number;
  readonly pause: Pause;
}

/** Items of a page: of usual ones 1 KB each, some 100 units at once. */
const PAGE = 400;

/**
 * The items of a table at a bounded rate, for maintenance: strongly consistent, so that a run right after
 * another misses nothing.
 * @param filter which of them; all are read, and paid for.
 * @param failure what an error of AWS becomes.
 */
export async function* pacedScan(
  { client, table, unitsPerSecond, pause }: PacedScanOptions,
  filter: Pick<
    ScanCommandInput,
    'FilterExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
  >,
  failure: (error: unknown) => DomainError,
): AsyncGenerator<Item> {
  let last: Item | undefined;
  do {
    const command = new ScanCommand({
      TableName: table,
      Limit: PAGE,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
      ...filter,
      ...(last ? { ExclusiveStartKey: last } : {}),
    });
    const page = await client.send(command).catch((error: unknown) => {
      throw failure(error);
    });
    yield* page.Items ?? [];
    last = page.LastEvaluatedKey;
    if (last) await pause(((page.ConsumedCapacity?.CapacityUnits ?? 0) / unitsPerSecond) * 1000);
  } while (last);
}
