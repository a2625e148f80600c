import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unavailable } from '../../domain/errors.ts';
import { type ImageSummary, summaryOf } from '../../domain/image.ts';
import type { ImageId } from '../../domain/image-id.ts';
import { indexFailure } from './failures.ts';
import { type Item, recordFromItem } from './image-item.ts';
import type { Pause } from './transaction.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MOST_KEYS = 100;

/** How often what a table could not give at once is asked for again. */
const TRIES = 8;

/** Summaries of images as they are now, in the order of the ids; a read unit each (up to 4 KB). */
export async function readSummaries(
  { client, table, pause }: { client: DynamoDBClient; table: string; pause: Pause },
  ids: readonly ImageId[],
): Promise<ImageSummary[]> {
  const distinct = [...new Set(ids)];
  const batches = Array.from({ length: Math.ceil(distinct.length / MOST_KEYS) }, (_, at) =>
    distinct.slice(at * MOST_KEYS, (at + 1) * MOST_KEYS),
  );
  const items = (await Promise.all(batches.map((batch) => readBatch(client, table, pause, batch)))).flat();
  const found = new Map(items.map((item) => [item['image_id']?.S, summaryOf(recordFromItem(item))]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

async function readBatch(
  client: DynamoDBClient,
  table: string,
  pause: Pause,
  ids: readonly ImageId[],
): Promise<Item[]> {
  const items: Item[] = [];
  let keys: Item[] = ids.map((id) => ({ image_id: { S: id } }));
  for (let tried = 0; keys.length > 0; tried += 1) {
    if (tried === TRIES) throw unavailable('The image index cannot do this now.', 'keys stay unprocessed');
    if (tried > 0) await pause(50 * 2 ** tried * Math.random());
    try {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
      );
      items.push(...(Responses?.[table] ?? []));
      keys = UnprocessedKeys?.[table]?.Keys ?? [];
    } catch (error) {
      throw indexFailure(error);
    }
  }
  return items;
}
