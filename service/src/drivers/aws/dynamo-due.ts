import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { ImageId } from '../../domain/image-id.ts';
import type { DueKind } from '../../ports/image-index.ts';
import { duePartition } from './listing-keys.ts';

/** The ids of images that became due before a time: one query a shard, the longest due first. */
export async function dueImages(
  { client, table }: { readonly client: DynamoDBClient; readonly table: string },
  kind: DueKind,
  shards: number,
  before: number,
  limit: number,
): Promise<ImageId[]> {
  const ends = new Date(before).toISOString();
  const pages = await Promise.all(
    Array.from({ length: shards }, (_unused, shard) =>
      client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: '#pk = :pk AND #sk < :before',
          ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
          ExpressionAttributeValues: { ':pk': { S: duePartition(kind, shard) }, ':before': { S: ends } },
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
