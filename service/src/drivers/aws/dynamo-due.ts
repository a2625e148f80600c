import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { ImageId } from '../../domain/image-id.ts';
import type { DueKind } from '../../ports/image-index.ts';
import { duePartition } from './listing-keys.ts';

interface DueRows {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly shards: number;
}

/** The ids of images that became due before a time, and after another: one query a shard, the longest due first. */
export async function dueImages(
  { client, table, shards }: DueRows,
  kind: DueKind,
  { before, after }: { readonly before: number; readonly after: number | undefined },
  limit: number,
): Promise<ImageId[]> {
  const ends = { ':before': { S: new Date(before).toISOString() } };
  // A row's key begins with its time, and goes on: none is equal to a time. What is due at `after` lies before the next.
  const times = after === undefined ? ends : { ':after': { S: new Date(after + 1).toISOString() }, ...ends };
  const range = after === undefined ? '#sk < :before' : '#sk BETWEEN :after AND :before';
  const pages = await Promise.all(
    Array.from({ length: shards }, (_unused, shard) =>
      client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: `#pk = :pk AND ${range}`,
          ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
          ExpressionAttributeValues: { ':pk': { S: duePartition(kind, shard) }, ...times },
          Limit: limit,
        }),
      ),
    ),
  );
  return pages
    .flatMap(({ Items = [] }) => Items)
    .map((item) => ({ sk: item['sk']?.S ?? '', image_id: item['image_id']?.S ?? '' }))
    .sort((a, b) => (a.sk < b.sk ? -1 : 1))
    .slice(0, limit)
    .map(({ image_id }) => image_id);
}
