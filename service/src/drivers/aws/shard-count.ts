import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { awsErrorName, indexFailure } from './failures.ts';

/** Where `listings` keeps how many shards its views over all users have. */
const KEY = { pk: { S: '.shards' }, sk: { S: '.shards' } };

/** How long a process may go on with the count that it has read. */
const FRESH_MS = 60_000;

/**
 * The shard count as the table has it; `configured` where the table says nothing yet. It may only grow:
 * who lists over too few shards would skip images.
 * @param elapsed milliseconds by a clock that nobody sets.
 */
export function createShardCount(
  client: DynamoDBClient,
  table: string,
  configured: number,
  elapsed: () => number = () => performance.now(),
): () => Promise<number> {
  let known: { readonly count: Promise<number>; readonly readAt: number } | undefined;
  const read = async () => {
    try {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: table, Key: KEY, ConsistentRead: true }),
      );
      return Math.max(configured, Number(Item?.['shards']?.N ?? 0));
    } catch (error) {
      throw indexFailure(error);
    }
  };
  return () => {
    if (known && elapsed() - known.readAt < FRESH_MS) return known.count;
    const count = read();
    known = { count, readAt: elapsed() };
    // A failed reading is not kept.
    count.catch(() => {
      known = undefined;
    });
    return count;
  };
}

/** Stores the count; a smaller one than is stored changes nothing. */
export async function growShardCount(client: DynamoDBClient, table: string, shards: number): Promise<void> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: KEY,
        UpdateExpression: 'SET #shards = :shards',
        ConditionExpression: 'attribute_not_exists(#shards) OR #shards < :shards',
        ExpressionAttributeNames: { '#shards': 'shards' },
        ExpressionAttributeValues: { ':shards': { N: String(shards) } },
      }),
    );
  } catch (error) {
    if (awsErrorName(error) !== 'ConditionalCheckFailedException') throw error;
  }
}
